// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import NetFabric

extension StoreTransaction {
    /// Takes an address for a new port: pure picking from the network's hint on, one unique index behind it (invariant I1).
    /// Throws `addresses-exhausted`, and `hostname-taken` where another port of the network has the label.
    func takePort(
        _ id: ID<PortKind>, of instance: ID<InstanceKind>, slot: Int? = 0, in networkID: ID<NetworkKind>, label: DNSLabel
    ) throws -> InstancePort {
        var network = try networks.get(networkID)
        let fabric = FabricNetwork(network)
        for address in fabric.pool.candidates(from: network.nextAddress) {
            let holder = try ports.first(.equals(.network, .id(networkID)), .equals(.ipv4, .text(address.description)))
            guard holder == nil else { continue }
            let port = try inserted(
                InstancePort(
                    id: id, network: networkID, instance: instance, slot: slot, mac: MACAddress(of: id), ipv4: address,
                    ipv6: fabric.ipv6(of: address), label: label))
            network.nextAddress = IPv4Address(number: address.number &+ 1)
            try networks.update(network)
            return port
        }
        throw CloudError(.addressesExhausted, ["network": network.name.text, "size": String(fabric.pool.size)])
    }

    /// Takes back addresses that are only kept, the oldest first, in every network of which less than so much is free; gives their ports. An
    /// instance that is recovered afterwards gets another, which it is told.
    func takeBackAddresses(freePercent: Int) throws -> [ID<PortKind>] {
        try networks.all().flatMap { network in
            let size = FabricNetwork(network).pool.size
            let free = try size - ports.count(.equals(.network, .id(network.id)))
            let missing = (size * freePercent + 99) / 100 - free
            guard missing > 0 else { return [ID<PortKind>]() }
            let kept = Query<InstancePort>(
                .equals(.network, .id(network.id)), .above(.keptUntil, .integer(.min)), order: .keptUntil, limit: missing)
            return try ports.rows.list(kept).map { port in
                try ports.delete(port.id)
                return port.id
            }
        }
    }

    /// Takes back public ports that are only kept, the oldest first, in every network of which less than so much is free; an instance that is
    /// recovered afterwards is without them, which it is told.
    func takeBackPublicPorts(freePercent: Int) throws {
        for network in try networks.all() {
            let size = Int(network.lastPublicPort) - Int(network.firstPublicPort) + 1
            for transport in Transport.allCases {
                let given = try forwardedPorts.all(.equals(.network, .id(network.id)), .equals(.transport, .text(transport.rawValue)))
                let missing = (size * freePercent + 99) / 100 - (size - given.count)
                guard missing > 0 else { continue }
                let kept = given.compactMap { row in row.keptUntil.map { (until: $0, id: row.id) } }
                for row in kept.sorted(by: { ($0.until, $0.id) < ($1.until, $1.id) }).prefix(missing) { try forwardedPorts.delete(row.id) }
            }
        }
    }

    /// Inserts a port, with the first of its id's MAC addresses that no other port has. Among a million ports one new one in a million
    /// meets a clash; four in a row are no chance any more.
    private func inserted(_ port: InstancePort) throws -> InstancePort {
        var port = port
        for attempt in 0..<4 {
            port.mac = MACAddress(of: port.id, attempt: attempt)
            do {
                try ports.insert(port)
                return port
            } catch let violation as UniqueViolation where violation.columns == ["mac"] {
                continue
            } catch let violation as UniqueViolation where violation.columns.contains("label") {
                let proposal = try freeLabel(like: port.label, in: port.network) ?? DNSLabel(of: port.id)
                throw CloudError(.hostnameTaken, ["hostname": port.label.text, "proposal": proposal.text])
            }
        }
        throw CloudError(.internalFault, ["part": "network"], detail: "no free MAC address for \(port.id)")
    }

    /// Puts a port into its network's picture or takes it out. Harmless where it is so already.
    func setAttached(_ attached: Bool, _ port: FabricPort) throws {
        var row = try ports.get(port.id)
        guard row.attached != attached else { return }
        row.attached = attached
        try ports.update(row)
        try raiseSerial(of: row.network)
    }

    /// Marks that the network's records changed, and gives the new serial.
    @discardableResult func raiseSerial(of network: ID<NetworkKind>) throws -> Int64 {
        try networks.change(network) { $0.serial += 1 }.serial
    }
}

extension StoreView {
    /// Whether no port of a network has a label; one that is kept for a while has its own still.
    func isFree(_ label: DNSLabel, in network: ID<NetworkKind>) throws -> Bool {
        try ports.first(.equals(.network, .id(network)), .equals(.label, .text(label.text))) == nil
    }

    /// A label like one that is taken, which is free in the network now; nil where the first hundred are taken too.
    func freeLabel(like label: DNSLabel, in network: ID<NetworkKind>) throws -> DNSLabel? {
        for number in 2...99 {
            let like = try DNSLabel("\(label.text.prefix(60))-\(number)")
            if try isFree(like, in: network) { return like }
        }
        return nil
    }

    /// The pictures of the networks that ports are on, each once, in the order of the ports.
    func pictures(of ports: [FabricPort]) throws -> [NetworkPicture] {
        var seen: Set<ID<NetworkKind>> = []
        return try ports.map(\.network).filter { seen.insert($0).inserted }.map { try picture(of: $0) }
    }

    /// The picture of a network: a function of its records at their serial (invariant I6).
    func picture(of id: ID<NetworkKind>) throws -> NetworkPicture {
        let network = try networks.get(id)
        let attached = try ports.all(.equals(.network, .id(id)), .equals(.attached, .integer(1)))
        let addresses = Dictionary(uniqueKeysWithValues: attached.map { ($0.id, $0.ipv4) })
        let forwards = try forwardedPorts.all(.equals(.network, .id(id))).compactMap { forward in
            addresses[forward.port].map {
                FabricForward(transport: forward.transport, publicPort: forward.publicPort, target: $0, targetPort: forward.targetPort)
            }
        }
        return NetworkPicture(
            serial: network.serial, network: FabricNetwork(network), ports: attached.map { FabricPort($0, in: network) }, forwards: forwards
        )
    }
}

extension FabricNetwork {
    /// The network of a row.
    init(_ network: Network) {
        self.init(
            id: network.id, vlan: network.vlan, ipv4: network.ipv4, gateway: network.gateway, ipv6Prefix: network.ipv6Prefix,
            domain: network.domain)
    }
}

extension FabricPort {
    /// The port of a row.
    init(_ port: InstancePort, in network: Network) {
        self.init(
            id: port.id, network: port.network, vlan: network.vlan, mac: port.mac, ipv4: port.ipv4, ipv6: port.ipv6, label: port.label)
    }
}
