// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import NetFabric

/// Takes a port from an instance, the last one too: its card, its address and its host name. The address is given to nobody for as long as
/// those of destroyed instances are kept. Refused while public ports lead to it, which are named. A guest that runs is asked to let the
/// card go, with the limit that a shutdown has; where it does not, the port stays, and the answer says so.
public struct DetachPort: CloudOperation {
    /// `instance.detach-port`
    public static let kind = "instance.detach-port"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Which of its ports.
    public let port: ID<PortKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Detaches a port for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, port: ID<PortKind>) {
        self.principal = principal
        self.instance = instance
        self.port = port
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .detachPort, by: principal, in: run, placing: false, world: world)
            try check(in: tx, world: world)
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        if claim.before == .running, let leaving = claim.ports.first(where: { $0.id == port }) {
            try await askForCard(leaving, claim, flow, in: world)
            // The guest has let it go: only now nothing passes it any more.
            try await flow.step("network") {
                try await world.disconnect([leaving], claim, $0)
            } undo: {
                try await world.reconnect([leaving], claim, $0)
            }
        }
        return try await flow.end("detached", irreversible: "attaching is the way back") { tx in
            // Opening a public port waits for nobody, and may have come in between.
            for forward in try tx.forwardedPorts.all(.equals(.port, .id(port))) { try tx.close(forward) }
            let until = world.clock.now() + world.settings.addressesKept
            try tx.ports.change(port) { row in
                row.slot = nil
                row.keptUntil = until
                row.label = try DNSLabel(of: port)
            }
            try tx.finish(claim, world: world)
        }
    }

    private func check(in tx: any StoreTransaction, world: World) throws {
        guard let row = try tx.ports.find(port), row.instance == instance, row.slot != nil else {
            throw CloudError(.notFound, ["object": port.text])
        }
        let network = try tx.networks.get(row.network)
        try tx.require(principal, .see, on: network.id.text, owner: network.owner, at: world.clock.now())
        try tx.requireNoForwards(to: port)
    }

    private func askForCard(_ leaving: FabricPort, _ claim: InstanceClaim, _ flow: CloudFlow, in world: World) async throws {
        let host = try world.hosts.parts(of: claim.host)
        let card = GuestPort(port: leaving.id, mac: leaving.mac, device: leaving.device)
        try await flow.step("ask") {
            try await host.guests.detach(card, from: instance, $0.command(claim.fence))
        } undo: {
            guard try await !world.hasEnded(instance, on: claim.host) else { return }
            try await host.guests.attach(card, to: instance, $0.command(claim.fence))
        }
        let limit = world.settings.shutDownLimit
        let isGone = try await flow.waiting(for: "the guest to let the card go", every: world.settings.pollInterval, limit: limit) {
            () -> Bool? in try await host.guests.cards(of: instance).contains(card.mac) ? nil : true
        }
        guard isGone == true else {
            throw CloudError(
                .timedOut, ["what": "the guest to let the card go; the port stays attached", "seconds": "\(limit.components.seconds)"])
        }
    }
}
