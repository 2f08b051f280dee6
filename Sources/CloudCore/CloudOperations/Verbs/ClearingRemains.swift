// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore

// What force off and destroy do about a run that they took over, once the guest is off: each an "ensure", and only forward, as they are.

extension Flow where Transaction == any StoreTransaction {
    /// Clears the host of what the other run left; gives whether the memory of a checkpoint is kept.
    func clearRemains(_ claim: InstanceClaim, in world: World) async throws -> Bool {
        guard let remains = claim.remains else { return false }
        let (host, reason) = (try world.hosts.parts(of: claim.host), "who made it was taken over")
        if !remains.ports.isEmpty {
            try await step("clear ports", irreversible: reason) { try await world.disconnect(remains.ports, claim, $0) }
        }
        for stray in remains.strays {
            try await step("clear[\(stray)]", irreversible: reason) { try await host.disks.remove(stray, $0.command(claim.fence)) }
        }
        if let growth = remains.growth {
            try await step("grow", irreversible: reason) {
                try await host.disks.grow(growth.disk, to: growth.size, $0.command(claim.fence))
            }
        }
        if let merge = remains.merge { try await self.merge(merge, claim, in: world) }
        if let saving = remains.saving {
            // The copy goes under the first fence, so this one ends it for good.
            try await step("clear image", irreversible: reason) { try await host.disks.remove(saving.image, $0.command(Fence(2))) }
        }
        guard let kept = remains.kept else { return false }
        try await step("overlay", irreversible: "the guest may have written it") {
            try await host.disks.ensure(kept.overlay, $0.command(claim.fence))
        }
        guard kept.withMemory else { return false }
        let memory = claim.memory(of: kept.checkpoint)
        return try await step("checkpoint's memory") {
            if case .present = try await host.guests.observe(memory) { return true }
            // What was cut off of it.
            try await host.guests.discard(memory, $0.command(claim.fence))
            return false
        } undo: { _ in
            // The claim behind which it lies cannot be taken back.
        }
    }

    /// What a checkpoint's layer holds that others need is made their own, and the layer goes with the checkpoint's memory.
    private func merge(_ merge: DropCheckpoint.Merge, _ claim: InstanceClaim, in world: World) async throws {
        let host = try world.hosts.parts(of: claim.host)
        for upper in merge.uppers {
            try await step("merge[\(upper.after.disk)]", irreversible: "the layer may be gone") {
                try await host.disks.rebase(upper.after, $0.command(claim.fence))
            }
        }
        try await step("layer", irreversible: "nobody can return to it") {
            try await host.disks.remove(merge.layer, $0.command(claim.fence))
        }
        guard merge.hasMemory else { return }
        try await step("checkpoint's memory", irreversible: "nobody can return to it") {
            try await host.guests.discard(claim.memory(of: merge.checkpoint), $0.command(claim.fence))
        }
    }
}
