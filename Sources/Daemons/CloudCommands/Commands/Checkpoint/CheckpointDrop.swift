// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct CheckpointDrop: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop", abstract: "Give up a checkpoint of an instance; the instance stays as it is.",
            discussion: "Asks on a terminal; otherwise --yes is needed.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The checkpoint, by id or name.")
        var checkpoint: String
        @Flag(help: "Do not ask.")
        var yes = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let found = try await CheckpointGroup.find(checkpoint, of: id, in: session)
            if !yes {
                try session.askWhetherToLose(
                    "the checkpoint “\(found.value.name)”", asking: "Drop", "dropping needs --yes where nobody can be asked")
            }
            _ = try await session.finish(try await session.client.dropCheckpoint(found.value.id, of: id), label: instance, waiting)
        }
    }
#endif
