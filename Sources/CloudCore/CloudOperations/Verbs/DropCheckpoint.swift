// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore

/// Gives up a checkpoint, and loses nothing else: what other disks have from its layer is made their own, and then the layer goes. While
/// the guest runs on the layer nobody may write what lies on it, so that waits until it is stopped; a checkpoint that the guest does not
/// run on can go at any time.
public struct DropCheckpoint: CloudOperation {
    /// `instance.drop-checkpoint`
    public static let kind = "instance.drop-checkpoint"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Which of its checkpoints.
    public let checkpoint: ID<CheckpointKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Drops a checkpoint for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, checkpoint: ID<CheckpointKind>) {
        self.principal = principal
        self.instance = instance
        self.checkpoint = checkpoint
    }

    /// A layer that goes, and what lies on it.
    struct Merge: Codable, Sendable {
        struct Upper: Codable, Sendable {
            let before: OverlayDescription
            let after: OverlayDescription
        }
        let checkpoint: ID<CheckpointKind>
        let layer: ID<DiskKind>
        let uppers: [Upper]
        let hasMemory: Bool
        /// What is given back.
        let charged: ByteCount
    }

    /// What is to be done, claimed.
    struct Dropping: Codable, Sendable {
        let claim: InstanceClaim
        let merge: Merge
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let due = try await flow.commit("claim") { [run = flow.run] tx in
            try dropping(tx.claim(instance, for: .dropCheckpoint, by: principal, in: run, placing: false, world: world), in: tx)
        } undo: { tx, due in
            try tx.release(due.claim, placed: false, world: world)
        }
        let (claim, merge, host) = (due.claim, due.merge, try world.hosts.parts(of: due.claim.host))
        for upper in merge.uppers {
            try await flow.step("merge[\(upper.after.disk)]") {
                try await world.require(upper.before, of: claim)
                try await host.disks.rebase(upper.after, $0.command(claim.fence))
            } undo: {
                // What is not there has not been moved.
                guard case .present = try await host.disks.observe(upper.before) else { return }
                try await host.disks.rebase(upper.before, $0.command(claim.fence))
            }
        }
        flow.progress(70)
        try await flow.step("layer", irreversible: "nobody can return to it") {
            try await host.disks.remove(merge.layer, $0.command(claim.fence))
        }
        if merge.hasMemory {
            try await flow.step("memory", irreversible: "nobody can return to it") {
                try await host.guests.discard(claim.memory(of: checkpoint), $0.command(claim.fence))
            }
        }
        return try await flow.end("dropped", irreversible: "the layer is gone") { tx in
            try tx.finish(merge, of: try tx.instances.get(instance))
            try tx.finish(claim, world: world)
        }
    }

    private func dropping(_ claim: InstanceClaim, in tx: any StoreTransaction) throws -> Dropping {
        try tx.requireDroppable(try tx.checkpoint(checkpoint, of: instance), in: claim.before)
        return Dropping(claim: claim, merge: try merge(in: tx))
    }

    private func merge(in tx: any StoreTransaction) throws -> Merge {
        let kept = try tx.checkpoint(checkpoint, of: instance)
        let layer = try tx.disks.get(kept.disk)
        let image = try layer.image.map { try tx.images.get($0) }
        let uppers = try tx.disks(on: layer).map { row in
            var moved = row
            moved.base = layer.base
            return Merge.Upper(before: try OverlayDescription(row, on: image), after: try OverlayDescription(moved, on: image))
        }
        return Merge(
            checkpoint: checkpoint, layer: layer.id, uppers: uppers, hasMemory: kept.memory != nil,
            charged: layer.virtualSize + (kept.memory ?? .zero))
    }
}

extension DropCheckpoint: LeavesRemains {
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        guard try tx.checkpoints.find(checkpoint) != nil else { return nil }
        return Remains(merge: try merge(in: tx))
    }
}

extension StoreTransaction {
    /// The rows of a checkpoint that is gone: what lay on its layer lies on what that lay on.
    func finish(_ merge: DropCheckpoint.Merge, of instance: Instance) throws {
        let layer = try disks.get(merge.layer)
        for upper in merge.uppers { try disks.change(upper.after.disk) { $0.base = layer.base } }
        try checkpoints.delete(merge.checkpoint)
        try disks.delete(merge.layer)
        try giveBack(ResourceAmounts(disk: merge.charged), to: instance.group, and: instance.owner)
    }
}
