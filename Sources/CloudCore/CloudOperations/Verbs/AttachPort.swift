// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import NetFabric

/// How many ports an instance may have: the addresses of a virtual PCI bus are few.
let mostPorts = 8

/// Gives an instance a port on a network that the asker may use: an address, a MAC address and a host name there. A guest that runs gets
/// its card at once, behind a filter that is complete before the card is there; what it makes of it (DHCP) is its own matter.
public struct AttachPort: CloudOperation {
    /// `instance.attach-port`
    public static let kind = "instance.attach-port"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The port's id, chosen before.
    public let port: ID<PortKind>
    /// On which network.
    public let network: ID<NetworkKind>
    /// The host name there; nil for the instance's own where that is free, otherwise one made of the port's id.
    public let hostname: DNSLabel?
    /// The instance's id.
    public var object: String { instance.text }

    /// Attaches a port for a principal.
    public init(
        by principal: Principal, instance: ID<InstanceKind>, port: ID<PortKind>, network: ID<NetworkKind>, hostname: DNSLabel? = nil
    ) {
        self.principal = principal
        self.instance = instance
        self.port = port
        self.network = network
        self.hostname = hostname
    }

    /// The port, and where the network would have begun to look for an address.
    struct Taken: Codable, Sendable {
        let port: FabricPort
        let hint: IPv4Address
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> ID<PortKind> {
        let claim = try await flow.claim(instance, for: .attachPort, by: principal, in: world)
        let taken = try await flow.commit("take") { tx in
            try take(in: tx, world: world)
        } undo: { tx, taken in
            try tx.ports.delete(port)
            let next = IPv4Address(number: taken.port.ipv4.number &+ 1)
            try tx.networks.change(network) { row in
                if row.nextAddress == next { row.nextAddress = taken.hint }
            }
        }
        if claim.before == .running {
            let host = try world.hosts.parts(of: claim.host)
            try await flow.step("network") {
                try await world.reconnect([taken.port], claim, $0)
            } undo: {
                try await world.disconnect([taken.port], claim, $0)
            }
            let card = GuestPort(port: taken.port.id, mac: taken.port.mac, device: taken.port.device)
            try await flow.step("attach") {
                try await host.guests.attach(card, to: instance, $0.command(claim.fence))
            } undo: {
                try await world.detach(card, from: instance, on: claim.host, $0.command(claim.fence))
            }
        }
        return try await flow.end("attached", irreversible: "detaching is the way back") { tx in
            let last = try tx.ports(of: instance).last?.slot ?? -1
            try tx.ports.change(port) { $0.slot = last + 1 }
            try tx.finish(claim, world: world)
            return port
        }
    }

    private func take(in tx: any StoreTransaction, world: World) throws -> Taken {
        let row = try tx.networks.get(network)
        try tx.require(principal, .see, on: network.text, owner: row.owner, at: world.clock.now())
        try tx.requirePortPlace(of: instance)
        let taken = try tx.takePort(port, of: instance, slot: nil, in: network, label: try label(in: tx))
        return Taken(port: FabricPort(taken, in: row), hint: row.nextAddress)
    }

    private func label(in tx: any StoreTransaction) throws -> DNSLabel {
        if let hostname { return hostname }
        let own = try tx.instances.get(instance).label
        return try tx.isFree(own, in: network) ? own : DNSLabel(of: port)
    }
}

extension AttachPort: LeavesRemains {
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        guard let row = try tx.ports.find(port), row.slot == nil, row.keptUntil == nil else { return nil }
        return Remains(ports: [FabricPort(row, in: try tx.networks.get(row.network))])
    }
}

extension DNSLabel {
    /// `port-` and eight characters of a port's id: what a port is called whose instance's host name is taken on its network.
    init(of port: ID<PortKind>) throws(CloudError) { try self.init("port-" + port.body.prefix(8)) }
}

extension World {
    /// Makes sure that a guest that may run has let a card go; harmless where there is none. A guest is only asked: throws `device-held`
    /// while it has the card, for what it is connected to must not go under it.
    func detach(_ card: GuestPort, from instance: ID<InstanceKind>, on host: ID<HostKind>, _ command: Command) async throws {
        let guests = try hosts.parts(of: host).guests
        do { try await guests.detach(card, from: instance, command) } catch let refusal as CloudError where refusal.code == .notFound {}
        guard try await guests.cards(of: instance).contains(card.mac), try await !hasEnded(instance, on: host) else { return }
        throw CloudError(.deviceHeld, ["instance": instance.text, "device": card.port.text])
    }
}
