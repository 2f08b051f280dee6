// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceResize: InstanceVerb {
        static let configuration = CommandConfiguration(commandName: "resize", abstract: "Give instances other processors and memory.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @Option(help: ArgumentHelp("Processors; as many as it has where it is left out.", valueName: "n"))
        var cpus: Int?
        @Option(
            help: ArgumentHelp("Memory: 512M, 1G; as much as it has where it is left out.", valueName: "size"), transform: Size.read)
        var memory: Size?
        @Flag(help: "Shut a running one down, and start it again.")
        var restart = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard cpus != nil || memory != nil else { throw ValidationError("Give --cpus, --memory or both.") }
            guard (1...1024).contains(cpus ?? 1) else { throw ValidationError("--cpus is 1 to 1024.") }
        }

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> {
            let request = ResizeInstanceRequest(cpus: cpus.map(CPUCount.init), memory: memory?.count, restart: restart)
            return try await client.resize(request, of: id)
        }
    }
#endif
