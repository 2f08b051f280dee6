// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct CheckpointList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the checkpoints of an instance.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            session.output.list(try await session.client.checkpoints(of: id).all(), Columns.checkpoint)
        }
    }
#endif
