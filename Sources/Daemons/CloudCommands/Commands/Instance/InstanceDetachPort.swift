// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceDetachPort: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "detach-port", abstract: "Take a port from an instance, with its address.",
            discussion:
                "Its ports are named in: lyceum instance show INSTANCE. While a public port leads to it this is refused: lyceum port close."
        )

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The port, by its id or its address.")
        var port: String
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let ports = try await session.client.instance(id).value.addresses
            guard let found = ports.first(where: { $0.port.text == port || $0.ipv4 == port }) else {
                throw CommandFailure.noPart(
                    "port of \(instance)", port, like: ports.map(\.ipv4), next: "lyceum instance show \(instance)")
            }
            let begun = try await session.client.detachPort(found.port, from: id)
            guard try await session.finish(begun, label: instance, waiting) != nil else { return }
            session.output.show(try await session.client.instance(id), Columns.instance)
        }
    }
#endif
