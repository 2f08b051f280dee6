// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct KeyList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The keys, one a line.")

        @Option(help: "Whose, by id or login; yours where nobody is named.")
        var user: String?
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let person = try await session.client.user(try await session.person(user))
            guard session.output.format != .json else { return session.output.json(person.json["keys"] ?? .array([])) }
            for key in person.value.keys { session.output.write(Escape.line(key) + "\n") }
        }
    }
#endif
