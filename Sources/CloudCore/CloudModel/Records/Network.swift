// SPDX-License-Identifier: Apache-2.0

/// A virtual network as it was asked for.
public struct Network: Hashable, Sendable, Codable {
    /// The network.
    public var id: ID<NetworkKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people.
    public var name: DisplayName
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// VLAN tag, 1 to 4094, unique.
    public var vlan: Int
    /// The guests' addresses.
    public var ipv4: IPv4Network
    /// The gateway inside.
    public var gateway: IPv4Address
    /// The upper 64 bits of the guests' IPv6 addresses; nil for none.
    public var ipv6Prefix: IPv6Address?
    /// The domain of the guests' names.
    public var domain: String
    /// The lowest public port that may be forwarded.
    public var firstPublicPort: UInt16
    /// The highest.
    public var lastPublicPort: UInt16
    /// Grows with every change of a port or forwarded port: hosts apply the newest picture.
    public var serial: Int64
    /// Where the search for a free address begins: the longest unused comes first.
    public var nextAddress: IPv4Address

    /// A row with these values.
    public init(
        id: ID<NetworkKind>, version: Int64 = 1, name: DisplayName, owner: ID<UserKind>, group: ID<GroupKind>, vlan: Int,
        ipv4: IPv4Network, gateway: IPv4Address, ipv6Prefix: IPv6Address?, domain: String, firstPublicPort: UInt16,
        lastPublicPort: UInt16, serial: Int64, nextAddress: IPv4Address
    ) {
        self.id = id
        self.version = version
        self.name = name
        self.owner = owner
        self.group = group
        self.vlan = vlan
        self.ipv4 = ipv4
        self.gateway = gateway
        self.ipv6Prefix = ipv6Prefix
        self.domain = domain
        self.firstPublicPort = firstPublicPort
        self.lastPublicPort = lastPublicPort
        self.serial = serial
        self.nextAddress = nextAddress
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, owner, group, vlan, ipv4, gateway, ipv6Prefix, domain, firstPublicPort, lastPublicPort, serial,
            nextAddress
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
