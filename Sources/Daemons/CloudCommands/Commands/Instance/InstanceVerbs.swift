// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct InstanceVerbs: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "verbs", abstract: "What you may do with an instance now, and why not the rest.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            session.output.list(try await session.client.allowedVerbs(of: id), Columns.allowedVerb)
        }
    }
#endif
