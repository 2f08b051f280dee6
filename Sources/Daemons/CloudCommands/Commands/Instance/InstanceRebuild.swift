// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceRebuild: InstanceVerb {
        static let configuration = CommandConfiguration(
            commandName: "rebuild", abstract: "Give instances a new disk, as their template has it.",
            discussion: "What is on the old disk is lost; names, addresses and keys stay. Asks on a terminal; otherwise --yes is needed.")

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @Flag(help: "Do not ask.")
        var yes = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> { try await client.rebuild(id) }

        func confirm(_ instances: [InstanceBody], in session: Session) throws {
            if !yes { try session.askWhetherToLose(instances, asking: "Rebuild", "rebuilding needs --yes where nobody can be asked") }
        }
    }
#endif
