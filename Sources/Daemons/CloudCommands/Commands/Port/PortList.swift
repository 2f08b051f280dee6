// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    struct PortList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The public ports that lead to an instance.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            session.output.list(try await session.client.forwardedPorts(of: id).all(), Columns.forwardedPort)
        }
    }
#endif
