// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// What a host accepts. The records are checked when they are made; a host checks again, because what it writes into flows, rules
// and files must be sound whoever asks.

extension FabricNetwork {
    /// Refuses (`invalid-field`) a VLAN out of 1 to 4094, a network too small or too large to serve, a gateway that is no address
    /// for a machine of it, an IPv6 prefix with lower groups, and a domain that is not made of strict labels.
    public func check() throws(CloudError) {
        try FabricPort.check(vlan: vlan)
        guard (8...30).contains(ipv4.prefixLength) else {
            throw CloudError(.invalidField, ["pointer": "/ipv4", "reason": "a network is between a /8 and a /30"])
        }
        guard isForMachines(gateway) else {
            throw CloudError(.invalidField, ["pointer": "/gateway", "reason": "\(gateway) is no address for a machine in \(ipv4)"])
        }
        if let ipv6Prefix, ipv6Prefix.groups[4...].contains(where: { $0 != 0 }) || !(0x2000...0xFDFF).contains(ipv6Prefix.groups[0]) {
            throw CloudError(
                .invalidField, ["pointer": "/ipv6Prefix", "reason": "a prefix is a unicast /64, its four lower groups are zero"])
        }
        guard FabricNetwork.isDomain(domain) else {
            throw CloudError(.invalidField, ["pointer": "/domain", "reason": "a domain is made of labels of a-z, 0-9 and inner dashes"])
        }
    }

    /// Whether a machine may have the address: inside, neither the lowest nor the highest.
    public func isForMachines(_ address: IPv4Address) -> Bool {
        ipv4.contains(address) && address != ipv4.base && address != ipv4.broadcast
    }

    /// Whether the text is a domain of one to eight strict labels, at most 180 bytes, so that every host name in it fits 253.
    static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return (1...8).contains(labels.count) && text.utf8.count <= 180
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
            }
    }
}

extension FabricPort {
    /// Refuses (`invalid-field`) a VLAN out of 1 to 4094, a group address as MAC, and an IPv4 that no machine can have.
    public func check() throws(CloudError) {
        try FabricPort.check(vlan: vlan)
        guard mac.bytes[0] & 1 == 0, mac.number != 0 else {
            throw CloudError(.invalidField, ["pointer": "/mac", "reason": "\(mac) is no address of one machine"])
        }
        guard (0x0100_0000..<0xE000_0000).contains(ipv4.number), ipv4.number >> 24 != 127 else {
            throw CloudError(.invalidField, ["pointer": "/ipv4", "reason": "\(ipv4) is no address of one machine"])
        }
        if let ipv6, !(0x2000...0xFDFF).contains(ipv6.groups[0]) {
            throw CloudError(.invalidField, ["pointer": "/ipv6", "reason": "\(ipv6) is no routable address of one machine"])
        }
    }

    static func check(vlan: Int) throws(CloudError) {
        guard (1...4094).contains(vlan) else {
            throw CloudError(.invalidField, ["pointer": "/vlan", "reason": "a VLAN is 1 to 4094, not \(vlan)"])
        }
    }
}

extension NetworkPicture {
    /// The picture without the entries that cannot be served: a port of another network, outside of it or on its gateway, a second
    /// one of a MAC, address or name, a forwarded port that leads out of the network or is a second one of its number. One bad
    /// record must not take the others' services away (S48); the audit sees what is missing, for it compares with the records.
    /// Throws what ``FabricNetwork/check()`` throws.
    public func sound() throws(CloudError) -> NetworkPicture {
        try network.check()
        var macs: Set<MACAddress> = []
        var addresses: Set<IPv4Address> = [network.gateway]
        var labels: Set<DNSLabel> = []
        let served = ports.filter { port in
            guard port.network == network.id, port.vlan == network.vlan, network.isForMachines(port.ipv4), port.isSound,
                !macs.contains(port.mac), !addresses.contains(port.ipv4), !labels.contains(port.label)
            else { return false }
            macs.insert(port.mac)
            addresses.insert(port.ipv4)
            labels.insert(port.label)
            return true
        }
        var open: Set<String> = []
        let forwarded = forwards.filter { forward in
            forward.publicPort > 0 && forward.targetPort > 0 && forward.target != network.gateway && network.isForMachines(forward.target)
                && open.insert("\(forward.transport.rawValue) \(forward.publicPort)").inserted
        }
        return NetworkPicture(serial: serial, network: network, ports: served, forwards: forwarded)
    }
}

extension FabricPort {
    fileprivate var isSound: Bool {
        do {
            try check()
            return true
        } catch { return false }
    }
}
