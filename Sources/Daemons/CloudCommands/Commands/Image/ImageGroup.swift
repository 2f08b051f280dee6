// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum image`
    struct ImageGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "image", abstract: "Bytes of disks, imported once and never changed.",
            subcommands: [ImageImport.self, ImageList.self, ImageShow.self])
    }
#endif
