// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct UserList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The people whom you may find.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.users().all(), Columns.user) }
    }
#endif
