// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct DiskDetach: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "detach", abstract: "Take a data disk from an instance; it is kept.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The disk, by id.")
        var disk: String
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let begun = try await session.client.detachDisk(try DiskList.id(disk), from: id)
            guard try await session.finish(begun, label: instance, waiting) != nil else { return }
            session.output.show(try await session.client.disk(try DiskList.id(disk)), Columns.disk)
        }
    }
#endif
