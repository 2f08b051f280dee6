// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum port`
    struct PortGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "port", abstract: "Public ports that lead to instances.",
            subcommands: [PortOpen.self, PortClose.self, PortList.self])
    }
#endif
