// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient
    import CloudModel

    struct UserRevoke: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Revoke a token: its next call is refused, and what it opened ends.",
            discussion: "Tokens are named in: lyceum user tokens. To be repeated as often as one likes.")

        @Argument(help: "Whose, by id or login.")
        var user: String
        @Argument(help: "The token, by its id; never its text.")
        var token: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            // What is no id may be the text of one: it is neither sent nor said again.
            guard let id = ID<TokenKind>(token) else {
                throw CommandFailure.usage("a token is named by its id, as tok-…", next: "lyceum user tokens \(user)")
            }
            session.output.made(try await session.client.revokeToken(id, of: try await session.names.user(user)), Columns.accessToken)
        }
    }
#endif
