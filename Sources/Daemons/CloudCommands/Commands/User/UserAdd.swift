// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct UserAdd: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "add", abstract: "Enter a person; for site operators.")

        @Argument(help: "The login name.")
        var login: String
        @Option(help: "The name for people; the login where it is left out.")
        var name: String?
        @Option(help: "The site role.")
        var role: SiteRole = .endUser
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.made(
                try await session.client.createUser(CreateUserRequest(login: login, name: name, role: role)), Columns.user)
        }
    }
#endif
