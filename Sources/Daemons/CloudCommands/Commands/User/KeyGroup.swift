// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum key`
    struct KeyGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key", abstract: "SSH public keys that log in to your machines.", subcommands: [KeySet.self, KeyList.self])
    }
#endif
