// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct UserTokens: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "tokens", abstract: "List a person's tokens that were not revoked, without their texts.")

        @Argument(help: "Whose, by id or login; yours where nobody is named.")
        var user: String?
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.list(try await session.client.tokens(of: try await session.person(user)).all(), Columns.accessToken)
        }
    }
#endif
