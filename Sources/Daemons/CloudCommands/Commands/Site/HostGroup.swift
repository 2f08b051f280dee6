// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    /// `lyceum host`
    struct HostGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "host", abstract: "Machines that run instances; for site operators.", subcommands: [HostList.self, HostShow.self])
    }

    struct HostList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The site's hosts.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws { session.output.list(try await session.client.hosts().all(), Columns.host) }
    }

    struct HostShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one host.")

        @Argument(help: "The host, by id or name.")
        var host: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.host(try await session.names.host(host)), Columns.host)
        }
    }
#endif
