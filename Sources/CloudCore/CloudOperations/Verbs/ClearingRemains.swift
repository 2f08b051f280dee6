// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore

// What force off and destroy do about a run that they took over, once the guest is off: each an "ensure", and only forward, as they are.

extension Remains {
    /// What came of it on the host.
    struct Cleared: Sendable {
        /// Whether the disk that may have grown has.
        var isGrown = true
        /// The disks that lie on the layer of a checkpoint that was being dropped no more, and whether that layer is gone with it.
        var (moved, isMerged): (Set<ID<DiskKind>>, Bool) = ([], true)
        /// Whether the disk of a checkpoint that was being made is there, and whether its memory is.
        var (isKept, hasMemory) = (true, false)
    }
}

extension Flow where Transaction == any StoreTransaction {
    /// Clears the host of what the other run left, and brings to an end what may have happened to the disks. Force off insists on that, for
    /// the machine goes on with them; of what is on its way to the trash it is tried, and where a host refuses it the rows follow what is seen there.
    func clearRemains(_ claim: InstanceClaim, insisting: Bool, in world: World) async throws -> Remains.Cleared {
        var cleared = Remains.Cleared()
        guard let remains = claim.remains else { return cleared }
        let (host, reason) = (try world.hosts.parts(of: claim.host), "who made it was taken over")
        if !remains.ports.isEmpty {
            try await step("clear ports", irreversible: reason) { try await world.disconnect(remains.ports, claim, $0) }
        }
        for stray in remains.strays {
            try await step("clear[\(stray)]", irreversible: reason) { try await host.disks.remove(stray, $0.command(claim.fence)) }
        }
        if let growth = remains.growth {
            cleared.isGrown = try await mend("grow", irreversible: reason, insisting) {
                try await host.disks.grow(growth.disk, to: growth.size, $0.command(claim.fence))
            } isDone: {
                guard let disk = claim.disks.first(where: { $0.disk == growth.disk }) else { return false }
                return try await host.disks.seen(disk).map { $0.virtualSize >= growth.size } ?? false
            }
        }
        if let merge = remains.merge { (cleared.moved, cleared.isMerged) = try await self.merge(merge, claim, insisting, in: world) }
        if let saving = remains.saving {
            // The copy goes under the first fence, so this one ends it for good.
            try await step("clear image", irreversible: reason) { try await host.disks.remove(saving.image, $0.command(Fence(2))) }
        }
        if let kept = remains.kept { (cleared.isKept, cleared.hasMemory) = try await keep(kept, claim, insisting, in: world) }
        return cleared
    }

    /// Brings something to its end. Where nobody insists and the host refuses it, it is looked whether it is done all the same: the run
    /// before may have done it, or the host before it refused. A host that does not answer, or does not let look, is waited for.
    private func mend(
        _ name: String, irreversible reason: String, _ insisting: Bool, _ work: @escaping @Sendable (StepKey) async throws -> Void,
        isDone: @escaping @Sendable () async throws -> Bool
    ) async throws -> Bool {
        guard !insisting else {
            try await step(name, irreversible: reason, work)
            return true
        }
        return try await step(name) {
            do { try await work($0) } catch let refusal as CloudError where ![.fenceStale, .hostUnreachable].contains(refusal.code) {
                return try await isDone()
            }
            return true
        } undo: { _ in
            // The claim behind which it lies cannot be taken back.
        }
    }

    /// What a checkpoint's layer holds that others need is made their own; where that is so of all of them, the layer goes with the
    /// checkpoint's memory. Gives those that need it no more, and whether it is gone.
    private func merge(
        _ merge: DropCheckpoint.Merge, _ claim: InstanceClaim, _ insisting: Bool, in world: World
    ) async throws -> (moved: Set<ID<DiskKind>>, isMerged: Bool) {
        let host = try world.hosts.parts(of: claim.host)
        var moved: Set<ID<DiskKind>> = []
        for upper in merge.uppers {
            let isMoved = try await mend("merge[\(upper.after.disk)]", irreversible: "the layer may be gone", insisting) {
                try await host.disks.rebase(upper.after, $0.command(claim.fence))
            } isDone: {
                try await host.disks.seen(upper.after)?.base == upper.after.base
            }
            if isMoved { moved.insert(upper.after.disk) }
        }
        guard moved.count == merge.uppers.count else { return (moved, false) }
        try await step("layer", irreversible: "nobody can return to it") {
            try await host.disks.remove(merge.layer, $0.command(claim.fence))
        }
        guard merge.hasMemory else { return (moved, true) }
        try await step("checkpoint's memory", irreversible: "nobody can return to it") {
            try await host.guests.discard(claim.memory(of: merge.checkpoint), $0.command(claim.fence))
        }
        return (moved, true)
    }

    /// The disk of a checkpoint that was being made is the machine's. Where nobody insists it is looked whether it is there: it may hold
    /// what the guest wrote, so whatever a host says of it, it is not removed; where it is not there, what was the machine's stays so.
    private func keep(
        _ kept: Remains.Kept, _ claim: InstanceClaim, _ insisting: Bool, in world: World
    ) async throws -> (isKept: Bool, hasMemory: Bool) {
        let host = try world.hosts.parts(of: claim.host)
        let isKept: Bool
        if insisting {
            try await step("overlay", irreversible: "the guest may have written it") {
                try await host.disks.ensure(kept.overlay, $0.command(claim.fence))
            }
            isKept = true
        } else {
            isKept = try await step("overlay") { _ in
                try await host.disks.seen(kept.overlay) != nil
            } undo: { _ in
                // Looking changed nothing.
            }
        }
        guard kept.withMemory else { return (isKept, false) }
        let memory = claim.memory(of: kept.checkpoint)
        let hasMemory = try await step("checkpoint's memory") {
            if isKept, case .present = try await host.guests.observe(memory) { return true }
            // What was cut off of it.
            try await host.guests.discard(memory, $0.command(claim.fence))
            return false
        } undo: { _ in
            // The claim behind which it lies cannot be taken back.
        }
        return (isKept, hasMemory)
    }
}

extension OverlayDisks {
    /// What is there of a disk; nil for nothing.
    fileprivate func seen(_ disk: OverlayDescription) async throws -> OverlayDescription? {
        if case .present(let there) = try await observe(disk) { there } else { nil }
    }
}
