// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct OperationList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Your operations, newest first.")

        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100
        @Flag(help: "Only those that go neither forward nor back; for site operators everybody's and the cloud's own.")
        var stuck = false
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            var found: [Received<OperationBody>] = []
            for try await operation in session.client.operations(state: stuck ? "stuck" : nil) where found.count < limit {
                found.append(operation)
                if found.count == limit { break }
            }
            session.output.list(found, Columns.operation)
        }
    }
#endif
