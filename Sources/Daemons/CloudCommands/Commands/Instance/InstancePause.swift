// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstancePause: InstanceVerb {
        static let configuration = CommandConfiguration(commandName: "pause", abstract: "Let the processors of instances stand still.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.pause(id) }
    }
#endif
