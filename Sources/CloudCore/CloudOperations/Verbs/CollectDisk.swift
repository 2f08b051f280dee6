// SPDX-License-Identifier: Apache-2.0

package import CloudModel
import CloudStore
package import CloudWorkflow
import ImageStore

/// Removes one disk that has been in the trash long enough, and frees what was kept with it. Begun by the collector, for the cloud
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
            // A disk that nothing has was under the fence of the instance that had it last.
            let fence = try row.instance.map { try tx.statuses.get($0).fence } ?? row.fence.next
            row.collectedBy = deed.operation
            try tx.disks.update(row)
            try tx.begin(deed, row.instance.map { ["instance": $0.text] } ?? [:], at: now)
            return Claim(host: host.id, fence: fence)
        }
        try await flow.step("remove", irreversible: "its time in the trash is over") {
            try await world.hosts.parts(of: claim.host).disks.remove(disk, $0.command(claim.fence))
        }
        return try await flow.end("gone", irreversible: "the file is gone") { tx in
            try tx.disks.delete(disk)
            try tx.end(deed, at: world.clock.now())
        }
    }
}
