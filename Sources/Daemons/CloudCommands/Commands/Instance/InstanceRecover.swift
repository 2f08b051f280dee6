// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceRecover: InstanceVerb {
        static let configuration = CommandConfiguration(
            commandName: "recover", abstract: "Take instances out of the trash.",
            discussion: "What is in the trash, and until when it is kept: lyceum instance list --trash.")
        static var isAboutTrash: Bool { true }

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.recover(id) }
    }
#endif
