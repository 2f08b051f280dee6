// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceSuspend: InstanceVerb {
        static let configuration = CommandConfiguration(
            commandName: "suspend", abstract: "Save the memory of instances and release their host.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.suspend(id) }
    }
#endif
