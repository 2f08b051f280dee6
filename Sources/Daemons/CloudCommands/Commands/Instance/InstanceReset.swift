// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceReset: InstanceVerb {
        static let configuration = CommandConfiguration(commandName: "reset", abstract: "Cut the power of instances and give it again.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.reset(id) }
    }
#endif
