// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum disk`
    struct DiskGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disk", abstract: "Data disks, and the disks of instances.",
            subcommands: [DiskList.self, DiskShow.self, DiskAttach.self, DiskDetach.self, DiskGrow.self, DiskDelete.self])
    }
#endif
