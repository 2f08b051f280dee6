// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
public import CloudStore

/// A site of one simulated host, ready to be asked: what examples, tests and `lyceumd --simulate` begin with.
public enum SimulatedSite {
    /// The host's id.
    public static let host = ID<HostKind>(bits: 0, 1)
    /// The id of its store.
    public static let store = ID<StoreKind>(bits: 0, 1)
    /// The network's id.
    public static let network = ID<NetworkKind>(bits: 0, 1)
    /// The id of the shipped policy of a lab session.
    public static let leasePolicy = ID<LeasePolicyKind>("lease-lab") ?? ID(bits: 0, 1)
    /// The administrator's id.
    public static let administrator = ID<UserKind>(bits: 0, 1)

    /// The administrator's login.
    public static let administratorLogin = "admin"

    /// What the site begins with: a host, and the network 10.7.0.0/16 with public ports 20000 to 29999.
    public static func setup() throws(CloudError) -> SiteSetup {
        guard let ipv4 = IPv4Network("10.7.0.0/16"), let prefix = IPv6Address("fd00:7:0:0::") else {
            throw CloudError(.internalFault, ["part": "the simulated site's addresses"])
        }
        let gateway = IPv4Address(number: ipv4.base.number + 1)
        var setup = SiteSetup(
            administratorID: administrator,
            host: CloudHost(
                id: host, name: try DisplayName("host-1"), state: .active, reserve: .gibibytes(2), cpuRatio: 8, store: store),
            network: Network(
                id: network, name: try DisplayName("lab"), owner: administrator, group: .everybody, vlan: 7, ipv4: ipv4, gateway: gateway,
                ipv6Prefix: prefix, domain: "lab.test", firstPublicPort: 20_000, lastPublicPort: 29_999, serial: 0,
                nextAddress: IPv4Address(number: ipv4.base.number + 2)))
        setup.administrator = administratorLogin
        return setup
    }

    /// A world on a store and a simulated host.
    public static func world(
        store: any Store, host: SimulatedHost, clock: any WallClock, sources: any IDSource & PasswordSource, settings: Settings = Settings()
    ) -> World {
        World(
            store: store, hosts: HostDirectory([Self.host: host.parts]), clock: clock, ids: sources, passwords: sources,
            sealer: SimulatedSealer(), settings: settings)
    }
}
