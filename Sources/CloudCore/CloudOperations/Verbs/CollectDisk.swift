// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import ImageStore

/// Removes one disk that has been in the trash long enough, and frees what was kept with it. Begun by the collector, for the cloud
/// itself. The row is looked at again in the transaction that decides (invariant I17).
public struct CollectDisk: CloudOperation {
    /// `disk.collect`
    public static let kind = "disk.collect"
    /// The cloud, as a site operator.
    public let principal: Principal
    /// Which disk.
    public let disk: ID<DiskKind>
    /// The disk's id.
    public var object: String { disk.text }

    /// Collects a disk.
    public init(by principal: Principal, disk: ID<DiskKind>) {
        self.principal = principal
        self.disk = disk
    }

    /// What is known of the disk after its row is gone.
    struct Claim: Codable, Sendable {
        let host: ID<HostKind>
        let fence: Fence
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { tx in
            let row = try tx.disks.get(disk)
            guard let trashedAt = row.trashedAt, trashedAt + world.settings.trashKept <= world.clock.now() else {
                throw CloudError(.stateForbids, ["verb": "collect", "state": "kept", "object": disk.text, "allowed": "trash"])
            }
            guard let host = try tx.hosts.first(.equals(.store, .id(row.store))) else {
                throw CloudError(.unavailable, ["part": row.store.text])
            }
            return Claim(host: host.id, fence: try tx.statuses.get(row.instance).fence)
        } undo: { _, _ in
            // Nothing was changed: the row is the claim, and it goes last.
        }
        try await flow.step("remove", irreversible: "its time in the trash is over") {
            try await world.hosts.parts(of: claim.host).disks.remove(disk, $0.command(claim.fence))
        }
        try await flow.commit("gone", irreversible: "the file is gone") { tx in
            try tx.disks.delete(disk)
        }
        return Nothing()
    }
}
