// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct DiskGrow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "grow", abstract: "Make a disk of an instance larger.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: ArgumentHelp("The new size: 20G.", valueName: "size"), transform: Size.read)
        var size: Size
        @Option(help: ArgumentHelp("The disk, by id; the one it boots from where it is left out.", valueName: "disk"))
        var disk: String?
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let disks = try await session.client.instance(id).value.disks
            guard let target = try disk.map({ try DiskList.id($0) }) ?? disks.first?.id else {
                throw CommandFailure.usage("the instance has no disk", next: "lyceum instance show \(instance)")
            }
            let begun = try await session.client.growDisk(GrowDiskRequest(disk: target, size: size.count), of: id)
            guard try await session.finish(begun, label: instance, waiting) != nil else { return }
            session.output.show(try await session.client.instance(id), Columns.instance)
        }
    }
#endif
