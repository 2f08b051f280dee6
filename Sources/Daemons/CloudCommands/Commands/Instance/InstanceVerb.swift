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

    /// What is done to instances: begun for all that are named, then waited for.
    protocol InstanceDeed: CloudCommand {
        /// Whether names are those of instances in the trash.
        static var isAboutTrash: Bool { get }
        var instances: [String] { get }
        var waiting: WaitingOptions { get }
        /// Asks before anything is done; throws where the answer is no.
        func confirm(_ instances: [InstanceBody], in session: Session) throws
    }

    extension InstanceDeed {
        static var isAboutTrash: Bool { false }
        func confirm(_ instances: [InstanceBody], in session: Session) throws {}

        /// Begins something for each, and waits.
        func run(
            in session: Session, _ begin: (ID<InstanceKind>, CloudClient) async throws -> Received<OperationBody>
        ) async throws {
            // All names are looked up before anything begins: a name that is misspelt stops the whole.
            var found: [InstanceBody] = []
            for text in instances {
                let id = try await session.names.instance(text, trash: Self.isAboutTrash)
                found.append(try await session.client.instance(id).value)
            }
            try confirm(found, in: session)
            var begun: [(label: String, operation: Received<OperationBody>)] = []
            var refused: (any Error)?
            for instance in found {
                do { begun.append((instance.name, try await begin(instance.id, session.client))) } catch {
                    // What has begun goes on and is waited for; what comes behind the refusal is not begun.
                    refused = Self.named(error, instance)
                    break
                }
            }
            if waiting.noWait {
                print(begun.map(\.operation), Columns.operation, in: session)
            } else {
                let tasks = begun.map { Waiter.Task(label: $0.label, operation: $0.operation.value.id) }
                let ends = try await session.waiter.ends(of: tasks)
                var shown: [Received<InstanceBody>] = []
                for (instance, _) in zip(found, ends) { shown.append(try await session.client.instance(instance.id)) }
                print(shown, Columns.instance, in: session)
                if refused == nil { try Waiter.check(tasks, ends) }
            }
            if let refused { throw refused }
        }

        /// Refusals speak of ids; whoever typed a name reads it again.
        private static func named(_ error: any Error, _ instance: InstanceBody) -> any Error {
            guard case ClientError.problem(let problem) = error else { return error }
            return CommandFailure.refused(instance.name, id: instance.id.text, problem)
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
