// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    /// `lyceum network`
    struct NetworkGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "network", abstract: "Virtual networks.", subcommands: [NetworkList.self, NetworkShow.self])
    }

    struct NetworkList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The networks that you may see.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.networks().all(), Columns.network) }
    }

    struct NetworkShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one network.")

        @Argument(help: "The network, by id or name.")
        var network: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.network(try await session.names.network(network)), Columns.network)
        }
    }
#endif
