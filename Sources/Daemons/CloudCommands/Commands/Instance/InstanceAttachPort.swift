// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceAttachPort: CloudCommand {
        static let configuration = CommandConfiguration(
            commandName: "attach-port", abstract: "Give an instance a port on a network, with an address of its own.")

        @Argument(help: "The instance, by id or name.")
        var instance: String
        @Argument(help: "The network, by id or name.")
        var network: String
        @Option(help: "Its host name there.")
        var hostname: String?
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            let id = try await session.names.instance(instance)
            let request = AttachPortRequest(network: try await session.names.network(network), hostname: hostname)
            let begun = try await session.client.attachPort(request, to: id)
            guard try await session.finish(begun, label: instance, waiting) != nil else { return }
            session.output.show(try await session.client.instance(id), Columns.instance)
        }
    }
#endif
