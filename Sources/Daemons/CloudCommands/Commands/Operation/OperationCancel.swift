// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct OperationCancel: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Ask an operation to stop; what it has done is taken back.")

        @Argument(help: "The operation's id.")
        var operation: String
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try session.names.operation(operation)
            let asked = try await session.client.cancel(id)
            guard !waiting.noWait else { return session.output.made(asked, Columns.operation) }
            let end = try await session.waiter.end(of: [Waiter.Task(label: id.text, operation: id)])
            session.output.show(end, Columns.operation)
            guard end.value.state == "done" else { return }
            let begun = end.value.children.count
            session.note("it was done before it could stop" + (begun > 0 ? "; the \(begun) that it began were asked to stop too" : ""))
        }
    }
#endif
