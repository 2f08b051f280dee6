// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum event`
    struct EventGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "event", abstract: "What happened and happens to what you may see.",
            subcommands: [EventList.self, EventFollow.self])
    }
#endif
