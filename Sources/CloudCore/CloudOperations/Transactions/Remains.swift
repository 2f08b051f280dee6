// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import ImageStore
import NetFabric

/// What a run that was taken over may have left besides what the instance's rows say. Whoever takes over finds it in the transaction of
/// its claim, sees to it on the host once the guest is off, and in the rows at its end. What was being made goes again; what may have
/// happened to the guest is brought to its end, for nobody can see any more whether it did
/// (Documentation/decisions/0024-what-a-run-that-is-taken-over-leaves.md).
struct Remains: Codable, Sendable {
    /// A checkpoint that was being made: the disk that the guest may write already is the machine's.
    struct Kept: Codable, Sendable {
        let overlay: OverlayDescription
        let checkpoint: ID<CheckpointKind>
        let name: DisplayName
        let withMemory: Bool
    }
    /// A disk that may have grown.
    struct Growth: Codable, Sendable {
        let disk: ID<DiskKind>
        let size: ByteCount
    }
    /// A template that was being made.
    struct Saving: Codable, Sendable {
        let image: ID<ImageKind>
        /// Nil for one that was there before.
        let template: ID<TemplateKind>?
    }
    /// Ports that are not the machine's yet.
    var ports: [FabricPort] = []
    /// Disks that are not the machine's, or are it no more.
    var strays: [ID<DiskKind>] = []
    /// Data disks that were there before, and are free again.
    var free: [ID<DiskKind>] = []
    /// See ``Growth``.
    var growth: Growth?
    /// See ``Kept``.
    var kept: Kept?
    /// A checkpoint that was being dropped: what lay on its layer may not need it any more, so it goes.
    var merge: DropCheckpoint.Merge?
    /// See ``Saving``.
    var saving: Saving?
    /// Whether the guest may boot from another disk than the one that it was told on.
    var isAnotherDisk = false
}

/// A verb that makes what no row of the instance has before its end.
protocol LeavesRemains: CloudOperation {
    /// What a run of it may have left, by the rows and its journal; nil for nothing.
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains?
}

extension Remains {
    static let verbs = Cloud.operations.compactMap { $0 as? any LeavesRemains.Type }

    /// What a run left that had an instance, as ``init(of:in:)`` says. A journal that cannot be read tells nothing, and must not hold the
    /// instance for good: an alarm sends an operator to look at what is left there (``Audit``).
    static func left(
        by holder: ID<OperationKind>, on instance: ID<InstanceKind>, in tx: any StoreTransaction, world: World
    ) throws -> Remains? {
        do { return try Remains(of: holder, in: tx) } catch is JournalUnreadable {
            let alarm = Alarm(
                id: instance.text, code: "remains-unknown", parameters: ["operation": holder.text], since: world.clock.now())
            try tx.raise(alarm, world.ids.next(ActivityKind.self))
            return nil
        }
    }

    /// What a run left of what it made, or had itself taken over from another; nil for nothing.
    init?(of holder: ID<OperationKind>, in tx: any StoreTransaction) throws {
        guard let run = try tx.journal.run(RunID(holder.text)) else { return nil }
        func asked<Operation: LeavesRemains>(as type: Operation.Type) throws -> Remains? {
            try run.operation(as: type).remains(in: tx, of: run)
        }
        if run.kind == ForceOffInstance.kind || run.kind == DestroyInstance.kind {
            let claim = try tx.journal.entries(of: run.id).first { $0.kind == .committed }?.value(as: InstanceClaim.self)
            guard let remains = claim?.remains else { return nil }
            self = remains
        } else {
            guard let verb = Self.verbs.first(where: { $0.kind == run.kind }), let remains = try asked(as: verb) else { return nil }
            self = remains
        }
    }
}

extension StoreView {
    /// The disks of an instance that are neither the machine's nor a layer that one of its checkpoints keeps, nor a person's.
    func strays(of instance: ID<InstanceKind>) throws -> [ID<DiskKind>] {
        let layers = Set(try checkpoints.all(.equals(.instance, .id(instance))).map(\.disk))
        return try disks.all(.equals(.instance, .id(instance)))
            .filter { $0.slot == nil && $0.owner == nil && !layers.contains($0.id) }.map(\.id).sorted()
    }
}

extension StoreTransaction {
    /// The rows after what was left is cleared from the host: before the state changes, for what it gives back is the instance's.
    func clear(_ remains: Remains, _ claim: InstanceClaim, _ cleared: Remains.Cleared, world: World) throws {
        let row = try instances.get(claim.instance)
        for port in remains.ports { try ports.delete(port.id) }
        for stray in remains.strays { try giveUp(stray: stray) }
        for disk in remains.free {
            try disks.change(disk) { row in
                row.operation = nil
                row.fence = max(row.fence, claim.fence)
            }
        }
        if let growth = remains.growth { try settle(growth, isDone: cleared.isGrown, of: row) }
        if let kept = remains.kept, cleared.isKept {
            try keep(kept, hasMemory: cleared.hasMemory, of: row, at: world.clock.now())
        } else if let kept = remains.kept {
            try giveUp(kept, of: row)
        }
        if let merge = remains.merge, cleared.isMerged {
            try finish(merge, of: row)
        } else if let merge = remains.merge {
            let below = try disks.get(merge.layer).base
            for disk in cleared.moved { try disks.change(disk) { $0.base = below } }
        }
        if let saving = remains.saving {
            let image = try images.get(saving.image)
            try images.delete(image.id)
            try giveBack(ResourceAmounts(disk: image.charged), to: image.group, and: image.owner)
            if let template = saving.template { try deleteUnused(template) }
        }
        if remains.isAnotherDisk {
            try forgetTold(claim.instance)
            try doubtPassword(of: claim.instance, by: claim.deed.operation)
        }
    }

    /// A disk that may have grown is as large as it was to be, or was refused and is as it was; it was charged for the larger size.
    func settle(_ growth: Remains.Growth, isDone: Bool, of instance: Instance) throws {
        let disk = try disks.get(growth.disk)
        guard isDone else {
            let more = ResourceAmounts(disk: growth.size - disk.virtualSize)
            return try giveBack(more, to: disk.group ?? instance.group, and: disk.owner ?? instance.owner)
        }
        try disks.change(disk.id) { $0.virtualSize = growth.size }
    }

    /// A disk that is not the machine's, with its charge where it is a person's.
    func giveUp(stray: ID<DiskKind>) throws {
        let disk = try disks.get(stray)
        if let owner = disk.owner, let group = disk.group {
            try giveBack(ResourceAmounts(disk: disk.virtualSize), to: group, and: owner)
        }
        try disks.delete(stray)
    }

    /// A checkpoint that was being made is none: its disk goes, with what it was charged.
    func giveUp(_ kept: Remains.Kept, of instance: Instance) throws {
        let disk = try disks.get(kept.overlay.disk)
        let charged = disk.virtualSize + (kept.withMemory ? instance.memory : .zero)
        try disks.delete(disk.id)
        try giveBack(ResourceAmounts(disk: charged), to: instance.group, and: instance.owner)
    }

    /// A checkpoint that was being made is one, with its memory where that is whole.
    func keep(_ kept: Remains.Kept, hasMemory: Bool, of instance: Instance, at now: Timestamp) throws {
        guard let old = try disks(of: instance.id).first?.id else { throw CloudError(.notFound, ["object": instance.id.text]) }
        try exchange(old, for: kept.overlay.disk)
        if kept.withMemory, !hasMemory { try giveBack(ResourceAmounts(disk: instance.memory), to: instance.group, and: instance.owner) }
        try checkpoints.insert(
            Checkpoint(
                id: kept.checkpoint, instance: instance.id, name: kept.name, disk: old, memory: hasMemory ? instance.memory : nil,
                cpus: instance.cpus, ports: try ports(of: instance.id).map(\.id), createdAt: now))
    }
}
