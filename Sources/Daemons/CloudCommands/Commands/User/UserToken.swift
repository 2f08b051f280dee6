// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct UserToken: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Make a bearer token and print it, this once.",
            discussion: "Only the token's text goes to stdout: LYCEUM_TOKEN=$(lyceum user token).")

        @Argument(help: "Whose, by id or login; yours where nobody is named.")
        var user: String?
        @Option(help: "What the token is for.")
        var label: String = "lyceum command line"
        @Option(
            help: ArgumentHelp("When it ends: 2026-12-31T18:00:00Z, or from now 90m, 12h, 30d; never where left out.", valueName: "end"))
        var expires: Expiry?
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let end = expires.map { APITime($0.moment(from: session.surroundings.now())) }
            let token = try await session.client.createToken(
                CreateTokenRequest(label: label, expiresAt: end), for: try await session.person(user))
            guard session.output.format != .json else { return session.output.json(token.json) }
            session.output.write(token.value.token + "\n")
            session.note(
                "\(token.value.id) of \(token.value.user), ends \(token.value.expiresAt?.description ?? "never"); it is not shown again")
        }
    }
#endif
