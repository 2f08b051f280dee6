// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceShutDown: InstanceVerb {
        static let configuration = CommandConfiguration(commandName: "shut-down", abstract: "Ask instances to shut down.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.shutDown(id) }
    }
#endif
