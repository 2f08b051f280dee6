// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct PortOpen: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "open", abstract: "Forward a public port to an instance.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The port in the guest.")
        var port: UInt16
        @Option(help: ArgumentHelp("The public port; a free one where it is left out.", valueName: "port"))
        var `public`: UInt16?
        @Flag(help: "UDP instead of TCP.")
        var udp = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard port > 0, self.public != 0 else { throw ValidationError("A port is 1 to 65535.") }
        }

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let transport: Transport = udp ? .udp : .tcp
            let request = OpenForwardedPortRequest(targetPort: port, transport: transport, publicPort: self.public)
            let begun = try await session.client.openForwardedPort(request, of: id)
            guard try await session.finish(begun, label: instance, waiting) != nil else { return }
            let fitting = try await session.client.forwardedPorts(of: id).all().filter {
                $0.value.targetPort == port && $0.value.transport == transport.rawValue
                    && self.public ?? $0.value.publicPort == $0.value.publicPort
            }
            // Of several to the same port of the guest, the one that was made now.
            guard let newest = fitting.max(by: { $0.value.createdAt.moment < $1.value.createdAt.moment }) else { return }
            session.output.made(newest, Columns.forwardedPort)
        }
    }
#endif
