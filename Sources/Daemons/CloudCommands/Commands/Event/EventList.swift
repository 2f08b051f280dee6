// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct EventList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The events that are kept, oldest first.")

        @Option(help: ArgumentHelp("Begin behind this event; with the oldest where it is left out.", valueName: "number"))
        var after: Int64?
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int?
        @OptionGroup var common: CommonOptions

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
        }

        func run(in session: Session) async throws {
            do {
                session.output.list(try await events(after: after ?? 0, in: session), Columns.event)
            } catch ClientError.problem(let problem) where problem.code == "events-gone" && after == nil {
                guard let oldest = problem.parameters["oldest"].flatMap({ Int64($0) }) else { throw ClientError.problem(problem) }
                session.output.list(try await events(after: oldest - 1, in: session), Columns.event)
            }
        }

        /// What there is now: a stream until a time that is over ends by itself.
        private func events(after: Int64, in session: Session) async throws -> [Received<EventBody>] {
            var found: [Received<EventBody>] = []
            for try await event in session.client.events(after: after, limit: limit, until: APITime(Timestamp(milliseconds: 0))) {
                found.append(event)
            }
            return found
        }
    }
#endif
