// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A network as a host serves it.
public struct FabricNetwork: Hashable, Sendable, Codable {
    /// Which network.
    public let id: ID<NetworkKind>
    /// VLAN tag on the switch, 1 to 4094.
    public let vlan: Int
    /// The guests' addresses.
    public let ipv4: IPv4Network
    /// The gateway's address inside ``ipv4``.
    public let gateway: IPv4Address
    /// The upper 64 bits of the guests' IPv6 addresses, as an address with zero lower groups; nil for none.
    public let ipv6Prefix: IPv6Address?
    /// The domain of the guests' names, for example `lab.test`.
    public let domain: String
    /// A network.
    public init(
        id: ID<NetworkKind>, vlan: Int, ipv4: IPv4Network, gateway: IPv4Address, ipv6Prefix: IPv6Address?, domain: String
    ) {
        self.id = id
        self.vlan = vlan
        self.ipv4 = ipv4
        self.gateway = gateway
        self.ipv6Prefix = ipv6Prefix
        self.domain = domain
    }
}

/// One guest's place on a network.
public struct FabricPort: Hashable, Sendable, Codable {
    /// Which port.
    public let id: ID<PortKind>
    /// On which network.
    public let network: ID<NetworkKind>
    /// The network's VLAN tag.
    public let vlan: Int
    /// The only source MAC that passes.
    public let mac: MACAddress
    /// The only source IPv4 that passes.
    public let ipv4: IPv4Address
    /// The global IPv6 that passes besides the link-local one of the MAC; nil for none.
    public let ipv6: IPv6Address?
    /// The first label of the guest's name.
    public let label: DNSLabel
    /// A port.
    public init(
        id: ID<PortKind>, network: ID<NetworkKind>, vlan: Int, mac: MACAddress, ipv4: IPv4Address, ipv6: IPv6Address?, label: DNSLabel
    ) {
        self.id = id
        self.network = network
        self.vlan = vlan
        self.mac = mac
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.label = label
    }

    /// The host's tap device: `lyc` and twelve characters of the id's body (Linux allows 15).
    public var device: String { "lyc" + id.body.prefix(12) }
}

/// A public port that leads to a guest.
public struct FabricForward: Hashable, Sendable, Codable {
    /// The transport.
    public let transport: Transport
    /// The port on the host's public address.
    public let publicPort: UInt16
    /// The guest's address.
    public let target: IPv4Address
    /// The guest's port.
    public let targetPort: UInt16
    /// A forwarded port.
    public init(transport: Transport, publicPort: UInt16, target: IPv4Address, targetPort: UInt16) {
        self.transport = transport
        self.publicPort = publicPort
        self.target = target
        self.targetPort = targetPort
    }
}
extension FabricForward: CustomStringConvertible {
    /// `tcp 20000 to 10.7.0.2:22`
    public var description: String { "\(transport.rawValue) \(publicPort) to \(target):\(targetPort)" }
}

/// Everything that a network's services on a host are made from: a function of the records at one serial.
public struct NetworkPicture: Hashable, Sendable, Codable {
    /// Grows with every change of the network's records.
    public let serial: Int64
    /// The network.
    public let network: FabricNetwork
    /// The living ports, in order of their ids.
    public let ports: [FabricPort]
    /// The forwarded ports, in order of transport and public port.
    public let forwards: [FabricForward]
    /// A picture; the lists are put in order.
    public init(serial: Int64, network: FabricNetwork, ports: [FabricPort], forwards: [FabricForward]) {
        self.serial = serial
        self.network = network
        self.ports = ports.sorted { $0.id < $1.id }
        self.forwards = forwards.sorted { ($0.transport.rawValue, $0.publicPort) < ($1.transport.rawValue, $1.publicPort) }
    }
}

/// What a host says is in force for a network.
public struct AppliedNetwork: Hashable, Sendable, Codable {
    /// The serial of the picture in force.
    public let serial: Int64
    /// Whether what is there is, part by part, what the picture of that serial makes.
    public let intact: Bool
    /// An applied picture.
    public init(serial: Int64, intact: Bool) {
        self.serial = serial
        self.intact = intact
    }
}

/// Everything on a host's network that bears our names.
public struct FabricContents: Hashable, Sendable, Codable {
    /// Tap devices and switch ports of guests, sorted.
    public let devices: [String]
    /// Devices of which a part is missing: a tap that no switch port leads to, a switch port without its tap. Of a port that was asked for also
    /// those with another VLAN tag or owner, a link that is down, or without the rule that keeps the host from hearing the guest. Sorted.
    public let broken: [String]
    /// Networks that have a gateway, sorted.
    public let networks: [String]
    /// DHCP entries: the MACs, sorted.
    public let dhcpHosts: [MACAddress]
    /// Forwarded ports in the rules, in order.
    public let forwards: [FabricForward]
    /// Devices for which there are filter flows, of a port that was asked for exactly those that are due. Sorted.
    public let filtered: [String]
    /// Devices that are there, filtered, and of which no part is missing.
    public var whole: Set<String> { Set(devices).intersection(filtered).subtracting(broken) }
    /// The contents.
    public init(
        devices: [String], broken: [String], networks: [String], dhcpHosts: [MACAddress], forwards: [FabricForward], filtered: [String]
    ) {
        self.devices = devices
        self.broken = broken
        self.networks = networks
        self.dhcpHosts = dhcpHosts
        self.forwards = forwards
        self.filtered = filtered
    }
}
