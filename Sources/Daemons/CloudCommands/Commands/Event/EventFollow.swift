// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct EventFollow: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "follow", abstract: "Print events as they happen, one a line, until it is ended with Ctrl-C.")

        @Option(help: ArgumentHelp("Begin behind this event; from now on where it is left out.", valueName: "number"))
        var after: Int64?
        @Option(help: ArgumentHelp("End after so many.", valueName: "n"))
        var limit: Int?
        @OptionGroup var common: CommonOptions

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
        }

        func run(in session: Session) async throws {
            for try await event in session.client.with(patience: .long).events(after: after, limit: limit) {
                session.output.row(event, Columns.event)
            }
        }
    }
#endif
