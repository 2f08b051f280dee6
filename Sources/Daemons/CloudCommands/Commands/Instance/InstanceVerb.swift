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
        /// What is shown of each instance at the end.
        static var columns: [Column<InstanceBody>] { get }
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
        /// Refusals speak of ids; whoever typed a name reads it again.
        var words: String { problem.detail.replacing(instance.id.text, with: "“\(instance.name)”") }
    }

    extension InstanceDeed {
        static var isAboutTrash: Bool { false }
        static var columns: [Column<InstanceBody>] { Columns.instance }
        func confirm(_ instances: [InstanceBody], in session: Session) throws {}

        /// Begins something for each, and waits.
        func run(
            in session: Session, _ begin: (ID<InstanceKind>, CloudClient) async throws -> Received<OperationBody>
        ) async throws {
            let found = try await named(in: session)
            try confirm(found, in: session)
            var (begun, refused): ([Begun], [Refused]) = ([], [])
            for (index, instance) in found.enumerated() {
                do {
                    begun.append(Begun(instance: instance, operation: try await begin(instance.id, session.client)))
                } catch ClientError.problem(let problem) {
                    let one = Refused(instance: instance, problem: problem)
                    refused.append(one)
                    if found.count > 1 { session.surroundings.err(Escape.line("\(instance.name): refused: \(one.words)") + "\n") }
                } catch let error as ClientError where found.count > 1 {
                    // Whether this one has begun nobody knows; the rest was never asked for.
                    let (address, reason) = error.whyAway(at: session.client.address)
                    throw CommandFailure.away(
                        address, reason, begun.map { GoingOn(label: $0.instance.name, id: $0.operation.value.id.text) },
                        unknown: [instance.name], untouched: found[(index + 1)...].map(\.name))
                }
            }
            let failed = try await ends(of: begun, in: session)
            guard !failed.isEmpty || !refused.isEmpty else { return }
            if let only = refused.first, found.count == 1 {
                throw CommandFailure.refused(only.instance.name, id: only.instance.id.text, only.problem)
            }
            throw CommandFailure.operations(
                refused.map { FailedOperation(label: $0.instance.name, refusal: $0.problem, words: $0.words) } + failed, of: found.count)
        }

        /// All that are named, each once. All names are looked up before anything begins: one that is misspelt stops the whole, and it is
        /// said that nothing has begun for the others either.
        private func named(in session: Session) async throws -> [InstanceBody] {
            do { return try await lookedUp(in: session) } catch {
                if instances.count > 1 { session.surroundings.err("nothing has begun for any of the \(instances.count) that are named\n") }
                throw error
            }
        }

        private func lookedUp(in session: Session) async throws -> [InstanceBody] {
            var found: [InstanceBody] = []
            for text in instances {
                let id = try await id(text, in: session)
                if let there = found.first(where: { $0.id == id }) {
                    session.surroundings.err(Escape.line("\(there.name): named more than once, which counts once") + "\n")
                    continue
                }
                let body = try await session.client.instance(id).value
                if Self.isAboutTrash, body.state != "destroyed", instances.count == 1 {
                    throw CommandFailure.living(body.name, id: id.text, state: body.state)
                }
                found.append(body)
            }
            return found
        }

        /// The id of one that is named. Among several, one that is not in the trash is for the cloud to refuse, so that the others are tried.
        private func id(_ text: String, in session: Session) async throws -> ID<InstanceKind> {
            do { return try await session.names.instance(text, trash: Self.isAboutTrash) } catch let failure as CommandFailure {
                guard case .living(_, let id, _) = failure, instances.count > 1, let living = ID<InstanceKind>(id) else { throw failure }
                return living
            }
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
            print(shown, Self.columns, in: session)
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
