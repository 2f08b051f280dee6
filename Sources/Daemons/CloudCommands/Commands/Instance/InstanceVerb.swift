// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    /// A verb of instances that needs no more than their names.
    protocol InstanceVerb: InstanceDeed {
        /// Begins the verb.
        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody>
    }

    extension InstanceVerb {
        func run(in session: Session) async throws { try await run(in: session) { try await begin($0, by: $1) } }
    }

    /// What is done to instances: begun for all that are named, then waited for. Each is tried, whatever becomes of the others.
    protocol InstanceDeed: CloudCommand {
        /// Whether names are those of instances in the trash.
        static var isAboutTrash: Bool { get }
        var instances: [String] { get }
        var waiting: WaitingOptions { get }
        /// Asks before anything is done; throws where the answer is no.
        func confirm(_ instances: [InstanceBody], in session: Session) throws
    }

    /// An instance for which something has begun.
    private struct Begun {
        let instance: InstanceBody
        let operation: Received<OperationBody>
    }

    /// An instance for which the cloud refused it.
    private struct Refused {
        let instance: InstanceBody
        let problem: Problem
    }

    extension InstanceDeed {
        static var isAboutTrash: Bool { false }
        func confirm(_ instances: [InstanceBody], in session: Session) throws {}

        /// Begins something for each, and waits.
        func run(
            in session: Session, _ begin: (ID<InstanceKind>, CloudClient) async throws -> Received<OperationBody>
        ) async throws {
            let found = try await named(in: session)
            try confirm(found, in: session)
            var (begun, refused): ([Begun], [Refused]) = ([], [])
            for instance in found {
                do {
                    begun.append(Begun(instance: instance, operation: try await begin(instance.id, session.client)))
                } catch ClientError.problem(let problem) {
                    refused.append(Refused(instance: instance, problem: problem))
                    if found.count > 1 { session.surroundings.err(Escape.line("\(instance.name): refused: \(problem.detail)") + "\n") }
                } catch ClientError.unreachable(let address, let reason) where !begun.isEmpty {
                    let asked = Set(begun.map(\.instance.id) + refused.map(\.instance.id))
                    throw CommandFailure.away(
                        address, reason, begun.map { GoingOn(label: $0.instance.name, id: $0.operation.value.id.text) },
                        unknown: found.filter { !asked.contains($0.id) }.map(\.name))
                }
            }
            let failed = try await ends(of: begun, in: session)
            guard !failed.isEmpty || !refused.isEmpty else { return }
            // Refusals speak of ids; whoever typed a name reads it again.
            if let only = refused.first, found.count == 1 {
                throw CommandFailure.refused(only.instance.name, id: only.instance.id.text, only.problem)
            }
            throw CommandFailure.operations(
                refused.map { FailedOperation(label: $0.instance.name, refusal: $0.problem) } + failed, of: found.count)
        }

        /// All that are named, each once. All names are looked up before anything begins: one that is misspelt stops the whole.
        private func named(in session: Session) async throws -> [InstanceBody] {
            var found: [InstanceBody] = []
            for text in instances {
                let id = try await session.names.instance(text, trash: Self.isAboutTrash)
                if let there = found.first(where: { $0.id == id }) {
                    session.surroundings.err(Escape.line("\(there.name): named more than once, which counts once") + "\n")
                    continue
                }
                let body = try await session.client.instance(id).value
                if Self.isAboutTrash, body.state != "destroyed" { throw CommandFailure.living(body.name, id: id.text, state: body.state) }
                found.append(body)
            }
            return found
        }

        /// Waits for what has begun, unless nobody waits, and shows it; gives what did not end well.
        private func ends(of begun: [Begun], in session: Session) async throws -> [FailedOperation] {
            guard !waiting.noWait else {
                print(begun.map(\.operation), Columns.operation, in: session)
                return []
            }
            let tasks = begun.map { Waiter.Task(label: $0.instance.name, operation: $0.operation.value.id) }
            let ends = try await session.waiter.ends(of: tasks)
            // What an operation began behind it (the start behind a resize) is part of what was asked for.
            let followers = zip(tasks, ends).flatMap { task, end in
                end.value.children.map { Waiter.Task(label: task.label, operation: $0) }
            }
            let lastEnds = try await session.waiter.ends(of: followers)
            var shown: [Received<InstanceBody>] = []
            for one in begun { shown.append(try await session.client.instance(one.instance.id)) }
            print(shown, Columns.instance, in: session)
            return Waiter.failed(tasks + followers, ends + lastEnds)
        }

        private func print<Item>(_ items: [Received<Item>], _ columns: [Column<Item>], in session: Session) {
            if let only = items.first, instances.count == 1, session.output.format == .json {
                session.output.show(only, columns)
            } else if !items.isEmpty {
                session.output.list(items, columns)
            }
        }
    }
#endif
