// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    struct InstanceRenew: InstanceVerb {
        static let configuration = CommandConfiguration(
            commandName: "renew", abstract: "Move the dates on which instances are suspended and destroyed.",
            discussion: "Each instance is renewed by its own policy, unless another one is named. No date moves earlier without --force.")

        static var columns: [Column<InstanceBody>] { Columns.renewed }

        @Argument(help: "The instances, by id or name.")
        var instances: [String]
        @Option(help: ArgumentHelp("The lease policy to renew by, by id or name (lyceum lease-policy list).", valueName: "policy"))
        var policy: String?
        @Flag(help: "Renew by that policy from now on.")
        var keepPolicy = false
        @Flag(help: "Let dates move earlier, too.")
        var force = false
        @OptionGroup var waiting: WaitingOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard policy != nil || !keepPolicy else { throw ValidationError("--keep-policy needs --policy.") }
        }

        func begin(_ id: ID<InstanceKind>, by client: CloudClient) async throws -> Received<OperationBody> {
            var request = RenewInstanceRequest(keepPolicy: keepPolicy ? true : nil, force: force ? true : nil)
            if let policy { request.policy = try await Names(client: client).leasePolicy(policy) }
            return try await client.renew(id, request)
        }
    }
#endif
