// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct CheckpointMake: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "Keep an instance's disk as it is now, and its memory with --memory.",
            discussion: """
                Data disks are left out. Of an instance that runs the disk alone is kept as a power cut would leave it; with --memory it \
                stands still until its memory is saved, and goes on.
                """)

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The name of the checkpoint.")
        var name: String
        @Flag(help: "Keep the memory of a running guest too.")
        var memory = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let begun = try await session.client.createCheckpoint(CheckpointRequest(name: name, memory: memory ? true : nil), of: id)
            guard let end = try await session.finish(begun, label: instance, waiting) else { return }
            guard let made = end.value.objects.lazy.compactMap({ ID<CheckpointKind>($0) }).first else { return }
            session.output.made(try await session.client.checkpoint(made, of: id), Columns.checkpoint)
        }
    }
#endif
