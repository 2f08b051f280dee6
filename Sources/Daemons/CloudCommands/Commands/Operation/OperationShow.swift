// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct OperationShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one operation, with its steps.")

        @Argument(help: "The operation's id.")
        var operation: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.operation(try session.names.operation(operation)), Columns.operation)
        }
    }
#endif
