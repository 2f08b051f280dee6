// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
import Leases
import NetFabric

/// What a site begins with: one administrator, one group of everybody, one host, one network, the shipped lease policies.
public struct SiteSetup: Sendable {
    /// The administrator's login.
    public var administrator = "admin"
    /// The first host; its id is the manager's word for it.
    public var host: CloudHost
    /// The first network.
    public var network: Network
    /// The ids of the site, chosen by whoever composes it.
    public var administratorID: ID<UserKind>

    /// Throws `invalid-field`, with a pointer to the property, for what no guest could ever be started with: it is better refused
    /// before the first record than by every start after it.
    public func check() throws(CloudError) {
        func refuse(_ pointer: String, _ reason: String) -> CloudError {
            CloudError(.invalidField, ["pointer": pointer, "reason": reason])
        }
        guard User.isLogin(administrator) else { throw refuse("/administrator", "“\(administrator)” is no login") }
        guard network.firstPublicPort <= network.lastPublicPort else {
            throw refuse("/firstPublicPort", "\(network.firstPublicPort) is above the last port, \(network.lastPublicPort)")
        }
        try FabricNetwork(network).check()
    }

    /// A setup.
    public init(administratorID: ID<UserKind>, host: CloudHost, network: Network) {
        self.administratorID = administratorID
        self.host = host
        self.network = network
    }
}

extension ID where Kind == GroupKind {
    /// The group that everybody is a member of: sharing with it is sharing with the site.
    public static var everybody: Self { Self("grp-everybody") ?? Self(bits: 0, 0) }
}

extension Cloud {
    /// The policies that a site begins with. A lab's and a project's are everybody's; a server's ten years are given by the site operator.
    private static let shippedPolicies: [(name: String, intervals: LeaseIntervals, isEverybodys: Bool)] = [
        ("lab", .lab, true), ("project", .project, true), ("server", .server, false),
    ]

    /// Makes sure that a site has what it begins with; harmless where it has. What operators changed since stays.
    /// Throws what ``SiteSetup/check()`` throws.
    public func prepare(_ setup: SiteSetup) async throws {
        try setup.check()
        let (personal, networkGrant) = (world.ids.next(GroupKind.self), world.ids.next(GrantKind.self))
        try await world.store.write { tx in
            if try tx.groups.find(.everybody) == nil {
                try tx.groups.insert(Group(id: .everybody, name: DisplayName("Everybody"), owner: setup.administratorID))
            }
            if try tx.users.find(setup.administratorID) == nil {
                try tx.insertPerson(
                    User(
                        id: setup.administratorID, login: setup.administrator, name: DisplayName("Site operator"), role: .siteOperator,
                        personalGroup: personal, keys: []))
            }
            if try tx.hosts.find(setup.host.id) == nil { try tx.hosts.insert(setup.host) }
            if try tx.networks.find(setup.network.id) == nil {
                try tx.networks.insert(setup.network)
                // The first network is everybody's; others are seen by whom they are shared with.
                try tx.grants.insert(
                    Grant(
                        id: networkGrant, object: setup.network.id.text, subject: ID<GroupKind>.everybody.text, level: .user, until: nil,
                        pinned: false, grantedBy: setup.administratorID))
            }
            for shipped in Self.shippedPolicies {
                guard let id = ID<LeasePolicyKind>("lease-\(shipped.name)"), try tx.leasePolicies.find(id) == nil else { continue }
                try tx.leasePolicies.insert(
                    LeasePolicy(id: id, name: DisplayName(shipped.name), owner: setup.administratorID, intervals: shipped.intervals))
                guard shipped.isEverybodys, let grant = ID<GrantKind>("grant-lease\(shipped.name)") else { continue }
                try tx.grants.insert(
                    Grant(
                        id: grant, object: id.text, subject: ID<GroupKind>.everybody.text, level: .user, until: nil, pinned: false,
                        grantedBy: setup.administratorID))
            }
        }
    }
}

extension Cloud {
    /// Throws where the records take no change: `store-unavailable` after a failed fsync, from which only a store that is opened anew comes
    /// back, although reads go on. Changes nothing, and waits for no disk of its own: a transaction of nothing is asked of the writer.
    public func checkStore() async throws { try await world.store.write { _ in } }

    /// Some of what the site keeps sealed, so that a key can be tried before it is needed; empty where nothing is sealed yet.
    public func someSealed() async throws -> [String] {
        try await world.store.read { try $0.secrets.list(Query(limit: 10)).map(\.sealedPassword) }
    }
}

extension StoreTransaction {
    /// A person with a personal group, a member of it and of everybody.
    func insertPerson(_ user: User) throws {
        try users.insert(user)
        try groups.insert(Group(id: user.personalGroup, name: user.name, owner: user.id))
        for group in [user.personalGroup, .everybody] { try memberships.insert(Membership(group: group, user: user.id)) }
    }
}
