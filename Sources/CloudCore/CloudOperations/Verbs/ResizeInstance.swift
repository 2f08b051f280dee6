// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Gives an instance other processors and memory. What its template's revision has, or less, is anybody's who may run it; more needs the
/// permission to set resources. A guest that runs is shut down and started again, where that was asked for, by a start that is an
/// operation of its own; what that is certain to be refused (quotas, a host that takes the size, a closed course) is refused while the
/// guest still runs. One that is off may be given a size that no host takes yet. Where it has the size already nothing is done, and a
/// guest that runs goes on.
public struct ResizeInstance: CloudOperation {
    /// `instance.resize`
    public static let kind = "instance.resize"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Virtual processors; nil for as many as it has.
    public let cpus: CPUCount?
    /// Memory; nil for as much as it has.
    public let memory: ByteCount?
    /// The operation that starts it again; nil where a guest that runs is not to be restarted.
    public let restart: ID<OperationKind>?
    /// The instance's id.
    public var object: String { instance.text }

    /// Resizes an instance for a principal.
    public init(
        by principal: Principal, instance: ID<InstanceKind>, cpus: CPUCount?, memory: ByteCount?, restart: ID<OperationKind>? = nil
    ) {
        self.principal = principal
        self.instance = instance
        self.cpus = cpus
        self.memory = memory
        self.restart = restart
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        if restart != nil { await world.looks.recent(world.clock.now(), freshness: world.settings.freshness) }
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .resize, by: principal, in: run, placing: false, world: world)
            try check(claim, in: tx, world: world)
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        let isNew = isAnother(than: claim.guest.cpus, claim.guest.memory)
        let isCut = isNew && claim.before == .running
        if isCut {
            // Refused by the start too.
            try await flow.letShutDown(claim, needing: claim.disks, in: world)
            try await flow.clearHost(claim, in: world)
        }
        return try await flow.end("resized", irreversible: "resizing again is the way back") { tx in
            // The claim on the host is given back as it was taken, before the size changes.
            if isCut { try tx.settle(claim, .stopped, world: world) } else { try tx.finish(claim, world: world) }
            guard isNew else { return }
            try tx.instances.change(instance) { row in
                row.cpus = cpus ?? row.cpus
                row.memory = memory ?? row.memory
            }
            if isCut, let restart {
                try flow.enqueue(StartInstance(by: principal, instance: instance), as: RunID(restart.text), in: tx)
            }
        }
    }

    /// Whether the size that is asked for is not the one that the instance has.
    private func isAnother(than cpus: CPUCount, _ memory: ByteCount) -> Bool {
        (self.cpus ?? cpus, self.memory ?? memory) != (cpus, memory)
    }

    private func check(_ claim: InstanceClaim, in tx: any StoreTransaction, world: World) throws {
        let row = try tx.instances.get(instance)
        guard isAnother(than: row.cpus, row.memory) else { return }
        if claim.before == .running, restart == nil {
            throw CloudError(
                .stateForbids,
                ["verb": Verb.resize.rawValue, "state": claim.before.rawValue, "object": instance.text, "allowed": "stopped"])
        }
        let (cpus, memory) = (cpus ?? row.cpus, memory ?? row.memory)
        guard (1...64).contains(cpus.count) else {
            throw CloudError(.invalidField, ["pointer": "/cpus", "reason": "an instance has 1 to 64 processors"])
        }
        guard memory >= .mebibytes(64), memory <= .gibibytes(1024) else {
            throw CloudError(.invalidField, ["pointer": "/memory", "reason": "memory is 64 MiB to 1 TiB"])
        }
        let revision = try tx.revisions.rows.find(key: "\(row.template)/\(row.revision)")
        let isWithin = revision.map { cpus <= $0.cpus && memory <= $0.memory } ?? false
        guard isWithin || principal.holds(.setResources) else {
            throw CloudError(
                .denied, ["verb": Verb.resize.rawValue, "object": instance.text, "needed": Permission.setResources.rawValue])
        }
        // Refused now rather than by the start, when the guest is off.
        guard claim.before == .running else { return }
        let (now, size) = (world.clock.now(), ResourceAmounts(cpus: cpus, memory: memory))
        try tx.openCourse(of: row.group, at: now)
        _ = try tx.place(instance, size, in: claim.memory.store, world: world, at: now)
        try tx.requireQuota(of: size, insteadOf: row.hostNeeds, for: row.group, and: row.owner, defaults: world.settings.limits)
    }
}
