// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct InstanceActivities: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "activities", abstract: "What was done and seen of one instance, newest first.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            var found: [Received<ActivityBody>] = []
            for try await activity in session.client.activities(of: id) where found.count < limit {
                found.append(activity)
                if found.count == limit { break }
            }
            session.output.list(found, Columns.activity)
        }
    }
#endif
