// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct PortClose: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "close", abstract: "Take a public port from an instance.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The public port.")
        var port: UInt16
        @Flag(help: "UDP instead of TCP.")
        var udp = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let transport: Transport = udp ? .udp : .tcp
            let open = try await session.client.forwardedPorts(of: id).all()
            guard let forward = open.first(where: { $0.value.publicPort == port && $0.value.transport == transport.rawValue }) else {
                let those = open.filter { $0.value.transport == transport.rawValue }.map { String($0.value.publicPort) }
                throw CommandFailure.noPart(
                    "public port of \(instance)", "\(port)/\(transport.rawValue)", like: those, next: "lyceum instance show \(instance)")
            }
            _ = try await session.finish(try await session.client.closeForwardedPort(forward.value.id), label: instance, waiting)
        }
    }
#endif
