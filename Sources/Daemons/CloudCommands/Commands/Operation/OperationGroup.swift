// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum operation`
    struct OperationGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "operation", abstract: "What takes a while: look at it, wait for it, stop it.",
            subcommands: [OperationList.self, OperationShow.self, OperationWait.self, OperationCancel.self])
    }
#endif
