// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient

    struct Status: CloudCommand {
        static let configuration = CommandConfiguration(abstract: "Which cloud answers, and who you are to it.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let address = session.client.address.description
            let columns: [Column<DiscoveryBody>] = [
                Column("address") { _ in Cell(address) },
                Column("cloud") { Cell("\($0.name) \($0.version)") },
                Column("you") { Cell($0.user.map { "\($0.login) (\($0.id), \($0.role))" } ?? "not signed in") },
                Column("sign in") { Cell($0.signIn.joined(separator: ", ")) },
                Column("features") { Cell($0.features.joined(separator: ", ")) },
            ]
            session.output.show(try await session.client.discover(), columns)
        }
    }
#endif
