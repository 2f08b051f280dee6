// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum admin`
    struct AdminGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "admin", abstract: "What keeps a site alive; for site operators.",
            subcommands: [AdminBackup.self, AdminRestore.self])
    }
#endif
