// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct UserShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one person; you where nobody is named.")

        @Argument(help: "The person, by id or login.")
        var user: String?
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.user(try await session.person(user)), Columns.user)
        }
    }
#endif
