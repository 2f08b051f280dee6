// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore

/// Puts an instance into the trash: off its host, its memory discarded, its disk kept for a while, its quotas given back. Takes over
/// from a run that waits for the guest or is stuck, and with it whatever that run may have left on the host: from the claim on there is
/// only forward, as in ``ForceOffInstance``.
public struct DestroyInstance: CloudOperation {
    /// `instance.destroy`
    public static let kind = "instance.destroy"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Destroys an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claimAsWanted(instance, for: .destroy, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        try await flow.clearHost(claim, in: world)
        try await flow.step("memory", irreversible: "the instance is going") {
            try await host.guests.discard(claim.memory, $0.command(claim.fence))
        }
        if claim.before == .pending {
            // It never ran: there is nothing on its disk to keep, and what a start may have left of it goes with it.
            try await flow.step("disk", irreversible: "the instance is going") {
                try await host.disks.remove(claim.disks[0].disk, $0.command(claim.fence))
            }
        }
        let cleared = try await flow.clearRemains(claim, insisting: false, in: world)
        flow.progress(80)
        return try await flow.end("destroyed", irreversible: "recovering is the way back") { tx in
            if let remains = claim.remains { try tx.clear(remains, claim, cleared, world: world) }
            try tx.settle(claim, .destroyed, world: world)
            try tx.moveToTrash(instance, from: claim.before, world: world)
        }
    }
}

extension StoreTransaction {
    /// The rows of an instance that goes into the trash: its name is free, its addresses and public ports are kept for a while, its quotas
    /// given back. The trash counts for no quota. Checkpoints stay with their layers. Data disks are their owners': they are let go of, and
    /// kept.
    func moveToTrash(_ id: ID<InstanceKind>, from state: InstanceState, world: World) throws {
        let now = world.clock.now()
        let belongings = try belongings(of: id, in: state)
        let instance = try instances.change(id) { row in
            row.alive = false
            row.belongings = belongings
        }
        var amounts = ResourceAmounts(instances: 1)
        for disk in try disks.all(.equals(.instance, .id(id))) {
            if disk.owner != nil {
                try detach(disk.id, from: id)
                continue
            }
            amounts.disk = amounts.disk + disk.virtualSize
            if state != .pending { try disks.change(disk.id) { $0.trashedAt = now } } else { try disks.delete(disk.id) }
        }
        amounts.disk = try amounts.disk + keptMemory(of: id)
        for forward in try forwardedPorts.all(.equals(.instance, .id(id))) {
            amounts.forwardedPorts += 1
            try forwardedPorts.change(forward.id) { $0.keptUntil = now + world.settings.addressesKept }
        }
        // What was detached before is kept as long as it was to be.
        for port in try ports.all(.equals(.instance, .id(id))) where port.keptUntil == nil {
            try ports.change(port.id) { $0.keptUntil = now + world.settings.addressesKept }
        }
        try giveBack(amounts, to: instance.group, and: instance.owner)
    }

    private func belongings(of id: ID<InstanceKind>, in state: InstanceState) throws -> Belongings {
        let ports = try ports(of: id).map { Belongings.Port(id: $0.id, network: $0.network, address: $0.ipv4, label: $0.label) }
        let open = try forwardedPorts.all(.equals(.instance, .id(id))).map {
            Belongings.PublicPort(publicPort: $0.publicPort, transport: $0.transport, targetPort: $0.targetPort)
        }
        return Belongings(
            ports: ports, disks: try disks(of: id).filter { $0.owner != nil }.map(\.id), memory: state == .suspended ? true : nil,
            publicPorts: open.isEmpty
                ? nil : open.sorted { ($0.publicPort, $0.transport.rawValue) < ($1.publicPort, $1.transport.rawValue) })
    }

    /// A data disk belongs to no machine any more. An instance that takes it next goes on from the fence that hosts know it by.
    func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>) throws {
        let fence = try statuses.get(instance).fence
        try disks.change(disk) { row in
            row.instance = nil
            row.slot = nil
            row.fence = max(row.fence, fence)
        }
    }
}
