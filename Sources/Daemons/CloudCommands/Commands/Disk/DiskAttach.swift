// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct DiskAttach: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "attach", abstract: "Give an instance a data disk: a new one, or one that no instance has.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Option(help: ArgumentHelp("The size of a new disk: 10G.", valueName: "size"), transform: Size.read)
        var size: Size?
        @Option(help: ArgumentHelp("A data disk that no instance has, by id.", valueName: "disk"))
        var disk: String?
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (size == nil) != (disk == nil) else {
                throw ValidationError("Give --size for a new disk, or --disk for one that is there.")
            }
        }

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let request = AttachDiskRequest(size: size?.count, disk: try disk.map { try DiskList.id($0) })
            let begun = try await session.client.attachDisk(request, to: id)
            guard let end = try await session.finish(begun, label: instance, waiting) else { return }
            guard let made = (end.value.objects + [disk ?? ""]).lazy.compactMap({ ID<DiskKind>($0) }).first else { return }
            session.output.made(try await session.client.disk(made), Columns.disk)
        }
    }
#endif
