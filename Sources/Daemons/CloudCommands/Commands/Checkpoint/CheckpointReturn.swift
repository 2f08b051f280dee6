// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct CheckpointReturn: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "return", abstract: "Let an instance be as it was at a checkpoint.",
            discussion: """
                What is on its disk since then is lost, unless another checkpoint keeps it; an instance that runs is cut off. It is stopped \
                then, or suspended where the checkpoint keeps memory: lyceum instance wake goes on from it. Asks on a terminal; otherwise \
                --yes is needed.
                """)

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
                    "what is on the disk of “\(instance)” since “\(found.value.name)”", asking: "Lose",
                    "returning needs --yes where nobody can be asked")
            }
            let begun = try await session.client.returnToCheckpoint(found.value.id, of: id)
            guard try await session.finish(begun, label: instance, waiting) != nil else { return }
            session.output.show(try await session.client.instance(id), Columns.instance)
        }
    }
#endif
