// SPDX-License-Identifier: Apache-2.0

package import CloudModel
import CloudStore
package import CloudWorkflow
import Hypervisor
import ImageStore

/// Removes one disk that has been in the trash long enough, with the layers below that nothing else lies on and the checkpoints that kept
/// them. A layer that something lies on is refused: it goes with the last of these. Begun by the collector, for the cloud
/// itself. The row is looked at again in the transaction that decides (invariant I17), and says from then on who removes it:
/// a host that refuses leaves the run stuck and tried again with back-off, where the next pass does not meet the disk anew.
package struct CollectDisk: CloudOperation {
    /// `disk.collect`
    package static let kind = "disk.collect"
    /// Which disk.
    package let disk: ID<DiskKind>
    /// The cloud itself.
    package var principal: Principal { .theCloud }
    /// The disk's id.
    package var object: String { disk.text }

    /// Collects a disk.
    package init(_ disk: ID<DiskKind>) { self.disk = disk }

    /// What is known of the disk after its row is gone.
    struct Claim: Codable, Sendable {
        let host: ID<HostKind>
        let fence: Fence
        /// The layers that go with it, the nearest first.
        let layers: [ID<DiskKind>]
        /// The memories that go with the layers.
        let memories: [MemoryImage]
    }

    /// The verb.
    package func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .collect, object: disk.text, actor: principal.user, operation: try flow.run.operation())
        let claim = try await flow.commit("claim", irreversible: "what cannot be removed now is tried again") { tx in
            try require(principal, .collect)
            let now = world.clock.now()
            var row = try tx.disks.get(disk)
            guard let trashedAt = row.trashedAt, trashedAt + world.settings.trashKept <= now else {
                throw CloudError(.stateForbids, ["verb": deed.verb.rawValue, "state": "kept", "object": disk.text, "allowed": "trash"])
            }
            if let other = row.collectedBy { throw CloudError(.busy, ["object": disk.text, "operation": other.text]) }
            guard let host = try tx.hosts.first(.equals(.store, .id(row.store))) else {
                throw CloudError(.unavailable, ["part": row.store.text])
            }
            if let upper = try tx.disks(on: row).first {
                throw CloudError(.imageInUse, ["image": disk.text, "by": upper.id.text])
            }
            // A disk that nothing has was under the fence of the instance that had it last.
            let fence = try row.instance.map { try tx.statuses.get($0).fence } ?? row.fence.next
            row.collectedBy = deed.operation
            try tx.disks.update(row)
            let layers = try tx.takeLayers(below: row, for: deed.operation)
            let kept = try row.instance.map { try tx.checkpoints.all(.equals(.instance, .id($0))) } ?? []
            try tx.begin(deed, row.instance.map { ["instance": $0.text] } ?? [:], at: now)
            let memories = kept.filter { $0.memory != nil && ([disk] + layers).contains($0.disk) }
                .map { MemoryImage(instance: $0.instance, store: row.store, checkpoint: $0.id) }
            return Claim(host: host.id, fence: fence, layers: layers, memories: memories)
        }
        try await flow.step("remove", irreversible: "its time in the trash is over") {
            try await world.hosts.parts(of: claim.host).disks.remove(disk, $0.command(claim.fence))
        }
        let host = try world.hosts.parts(of: claim.host)
        for layer in claim.layers {
            try await flow.step("remove[\(layer)]", irreversible: "nothing lies on it any more") {
                try await host.disks.remove(layer, $0.command(claim.fence))
            }
        }
        for memory in claim.memories {
            try await flow.step("memory[\(memory.checkpoint?.text ?? "")]", irreversible: "its layer is gone") {
                try await host.guests.discard(memory, $0.command(claim.fence))
            }
        }
        return try await flow.end("gone", irreversible: "the file is gone") { tx in
            for gone in claim.layers + [disk] { try tx.deleteCollected(gone) }
            try tx.end(deed, at: world.clock.now())
        }
    }
}

extension StoreTransaction {
    /// Marks the layers below a disk that goes for the same operation: those in the trash on which nothing else lies.
    fileprivate func takeLayers(below disk: Disk, for operation: ID<OperationKind>) throws -> [ID<DiskKind>] {
        var (taken, upper) = ([ID<DiskKind>](), disk)
        while let base = upper.base, var layer = try disks.find(base), layer.trashedAt != nil, layer.collectedBy == nil,
            try disks(on: layer).map(\.id) == [upper.id]
        {
            layer.collectedBy = operation
            upper = try disks.update(layer)
            taken.append(layer.id)
        }
        return taken
    }

    /// A disk is gone, and with it the checkpoint that kept it, if one did.
    fileprivate func deleteCollected(_ disk: ID<DiskKind>) throws {
        guard let row = try disks.find(disk) else { return }
        if let instance = row.instance {
            for kept in try checkpoints.all(.equals(.instance, .id(instance))) where kept.disk == disk {
                try checkpoints.delete(kept.id)
            }
        }
        try disks.delete(disk)
    }
}
