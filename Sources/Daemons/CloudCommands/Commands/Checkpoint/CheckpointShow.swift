// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct CheckpointShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a checkpoint of an instance.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The checkpoint, by id or name.")
        var checkpoint: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let found = try await CheckpointGroup.find(checkpoint, of: id, in: session)
            session.output.show(try await session.client.checkpoint(found.value.id, of: id), Columns.checkpoint)
        }
    }
#endif
