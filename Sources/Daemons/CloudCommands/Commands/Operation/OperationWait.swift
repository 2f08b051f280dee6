// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct OperationWait: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "wait", abstract: "Wait for the end of an operation; its outcome is the exit status.")

        @Argument(help: "The operation's id.")
        var operation: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try session.names.operation(operation)
            let tasks = [Waiter.Task(label: try await session.client.operation(id).value.object, operation: id)]
            let ends = try await session.waiter.ends(of: tasks)
            for end in ends { session.output.show(end, Columns.operation) }
            try Waiter.check(tasks, ends)
        }
    }
#endif
