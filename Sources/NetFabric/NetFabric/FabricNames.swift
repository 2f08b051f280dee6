// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What the parts of a network are called on a host. Names are made of ids only: what people write is never part of one.
public struct NetworkNames: Hashable, Sendable {
    /// The network namespace of the gateway: `lycn-` and the id's body.
    public let namespace: String
    /// The gateway's device, an internal port of the switch that lives in ``namespace`` (Linux allows 15 characters).
    public let gateway: String
    /// The uplink's end in the namespace.
    public let uplink: String
    /// The uplink's end in the host's own namespace.
    public let hostEnd: String
    /// The nft table in the host's own namespace.
    public let table: String

    /// The names of a network.
    public init(_ network: ID<NetworkKind>) {
        let short = network.body.prefix(12)
        namespace = Self.namespacePrefix + network.body
        gateway = "lyg" + short
        uplink = "lyu" + short
        hostEnd = "lyh" + short
        table = Self.tablePrefix + network.body
    }

    /// What every gateway's namespace begins with.
    public static let namespacePrefix = "lycn-"
    /// What every table in the host's own namespace begins with.
    public static let tablePrefix = "lyn_"
    /// The table in a gateway's namespace, and the one of the host's ingress rules.
    public static let ownTable = "lyceum"

    /// The network that a namespace belongs to; nil for a foreign one.
    public static func network(ofNamespace name: some StringProtocol) -> ID<NetworkKind>? { network(of: name, namespacePrefix) }
    /// The network that a table in the host's namespace belongs to; nil for a foreign one.
    public static func network(ofTable name: some StringProtocol) -> ID<NetworkKind>? { network(of: name, tablePrefix) }

    private static func network(of name: some StringProtocol, _ prefix: String) -> ID<NetworkKind>? {
        name.hasPrefix(prefix) ? ID("net-" + name.dropFirst(prefix.count)) : nil
    }
}

/// The two addresses between a gateway's namespace and the host: a /31 (RFC 3021) for each VLAN tag, out of a range for sharing
/// (RFC 6598) by default, so that they meet neither the guests' nor the campus's own.
public struct Transit: Hashable, Sendable {
    /// The host's end.
    public let host: IPv4Address
    /// The gateway's end.
    public let gateway: IPv4Address

    /// The pair of a VLAN tag: the base and twice the tag.
    public init(vlan: Int, base: IPv4Address = Transit.base) {
        host = IPv4Address(number: base.number &+ UInt32(truncatingIfNeeded: 2 * vlan))
        gateway = IPv4Address(number: host.number &+ 1)
    }
    /// 100.64.0.0, of which 100.64.0.2 to 100.64.31.253 are used.
    public static let base = IPv4Address(number: 0x6440_0000)
}
