// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric

/// Lets an instance's disk be as it was at a checkpoint: it gets a new one that lies on what the checkpoint keeps, and what it wrote since
/// goes. Afterwards it is stopped; where the checkpoint keeps memory it is suspended, so that waking it goes on from the checkpoint's
/// moment. All checkpoints are kept, also those made since. A guest that runs is cut off.
public struct ReturnToCheckpoint: CloudOperation {
    /// `instance.return-to-checkpoint`
    public static let kind = "instance.return-to-checkpoint"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Which of its checkpoints.
    public let checkpoint: ID<CheckpointKind>
    /// The new disk's id, chosen before.
    public let disk: ID<DiskKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Returns to a checkpoint for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, checkpoint: ID<CheckpointKind>, disk: ID<DiskKind>) {
        self.principal = principal
        self.instance = instance
        self.checkpoint = checkpoint
        self.disk = disk
    }

    /// What is made, and whether there is memory to be woken from.
    struct Return: Codable, Sendable {
        let overlay: OverlayDescription
        let hasMemory: Bool
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .returnToCheckpoint, by: principal, in: run, placing: false, world: world)
            try tx.requireFit(try tx.checkpoint(checkpoint, of: instance))
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        let host = try world.hosts.parts(of: claim.host)
        let old = claim.disks[0].disk
        let due = try await flow.commit("new disk") { tx in
            let row = try tx.checkpoint(checkpoint, of: instance)
            return Return(
                overlay: try tx.insertDisk(disk, on: try tx.disks.get(row.disk), asLargeAs: try tx.disks.get(old)),
                hasMemory: row.memory != nil)
        } undo: { tx, _ in
            try tx.disks.delete(disk)
        }
        try await flow.step("overlay") {
            try await world.requireBase(of: disk, of: claim)
            try await host.disks.ensure(due.overlay, $0.command(claim.fence))
        } undo: {
            try await host.disks.remove(disk, $0.command(claim.fence))
        }
        if due.hasMemory {
            // Before the guest is cut off, so that memory that is not there is a refusal.
            try await flow.step("memory") {
                try await host.guests.recall(claim.memory(of: checkpoint), $0.command(claim.fence))
            } undo: {
                try await host.guests.discard(claim.memory, $0.command(claim.fence))
            }
        }
        flow.progress(40)
        if claim.before != .stopped { try await flow.clearHost(claim, in: world) }
        try await flow.commit("exchanged", irreversible: "what was written since goes") { tx in try tx.exchange(old, for: disk) }
        flow.progress(70)
        try await flow.step("old disk", irreversible: "the machine has its new one") {
            try await host.disks.remove(old, $0.command(claim.fence))
        }
        if due.hasMemory { try await flow.seedAgain(claim, in: world) }
        return try await flow.end("returned", irreversible: "starting goes on") { tx in
            try tx.disks.delete(old)
            try tx.forgetTold(instance)
            try tx.doubtPassword(of: instance, by: claim.deed.operation)
            if due.hasMemory { try tx.doubtNote(instance) }
            switch (due.hasMemory, claim.before) {
            case (true, _): try tx.settle(claim, .recalled, world: world)
            case (false, .stopped): try tx.finish(claim, world: world)
            case (false, _): try tx.settle(claim, .forcedOff, world: world)
            }
        }
    }
}

extension ReturnToCheckpoint: LeavesRemains {
    /// The new disk until the two are exchanged, the old one afterwards.
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        Remains(strays: try tx.strays(of: instance), isAnotherDisk: true)
    }
}
