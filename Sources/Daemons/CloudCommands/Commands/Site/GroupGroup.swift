// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    /// `lyceum group`
    struct GroupGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "group", abstract: "What resources are charged to.", subcommands: [GroupList.self])
    }

    struct GroupList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The groups that you are a member of.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.groups().all(), Columns.group) }
    }
#endif
