// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudClient

    /// `lyceum lease-policy`
    struct LeasePolicyGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lease-policy", abstract: "The policies that leases are renewed by.",
            subcommands: [LeasePolicyList.self, LeasePolicyShow.self])
    }

    struct LeasePolicyList: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The lease policies that you may renew by.")

        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.list(try await session.client.leasePolicies().all(), Columns.leasePolicy)
        }
    }

    struct LeasePolicyShow: CloudCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "All about one lease policy.")

        @Argument(help: "The lease policy, by id or name.")
        var policy: String
        @OptionGroup var common: CommonOptions

        func run(in session: Session) async throws {
            session.output.show(try await session.client.leasePolicy(try await session.names.leasePolicy(policy)), Columns.leasePolicy)
        }
    }
#endif
