// SPDX-License-Identifier: Apache-2.0

/// An instance's attachment to a network: who has which address.
public struct InstancePort: Hashable, Sendable, Codable {
    /// The port.
    public var id: ID<PortKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The network.
    public var network: ID<NetworkKind>
    /// Whose.
    public var instance: ID<InstanceKind>
    /// Its place on the instance's bus: the first is the one by which people get in. Nil for what is not part of the machine: a port on its
    /// way in, one that was detached and whose address is not yet given to others.
    public var slot: Int?
    /// Unique in the cloud.
    public var mac: MACAddress
    /// Unique in the network.
    public var ipv4: IPv4Address
    /// Derived from the IPv4 address.
    public var ipv6: IPv6Address?
    /// Unique in the network's domain.
    public var label: DNSLabel
    /// Part of the network's picture: set before its guest starts, cleared after it has left its host.
    public var attached: Bool
    /// Set when the instance went into the trash, or the port was detached: the address is not given to others before.
    public var keptUntil: Timestamp?

    /// A row with these values.
    public init(
        id: ID<PortKind>, version: Int64 = 1, network: ID<NetworkKind>, instance: ID<InstanceKind>, slot: Int? = 0, mac: MACAddress,
        ipv4: IPv4Address,
        ipv6: IPv6Address?, label: DNSLabel, attached: Bool = false, keptUntil: Timestamp? = nil
    ) {
        self.id = id
        self.version = version
        self.network = network
        self.instance = instance
        self.slot = slot
        self.mac = mac
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.label = label
        self.attached = attached
        self.keptUntil = keptUntil
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, network, instance, slot, mac, ipv4, ipv6, label, attached, keptUntil
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
