// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import ImageStore

/// Removes a data disk that no instance has, with what is on it, and gives its quota back.
public struct DeleteDisk: CloudOperation {
    /// `disk.delete`
    public static let kind = "disk.delete"
    /// Who asks.
    public let principal: Principal
    /// Which disk.
    public let disk: ID<DiskKind>
    /// The disk's id.
    public var object: String { disk.text }

    /// Deletes a disk for a principal.
    public init(by principal: Principal, disk: ID<DiskKind>) {
        self.principal = principal
        self.disk = disk
    }

    /// Where the disk is, and under which fence it goes.
    struct Claim: Codable, Sendable {
        let host: ID<HostKind>
        let fence: Fence
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .deleteDisk, object: disk.text, actor: principal.user, operation: try flow.run.operation())
        let claim = try await flow.commit("claim") { tx in
            var row = try tx.takeDataDisk(disk, for: .deleteDisk, by: principal, in: deed.operation)
            guard let host = try tx.hosts.first(.equals(.store, .id(row.store))) else {
                throw CloudError(.unavailable, ["part": row.store.text])
            }
            let last = try row.instance.flatMap { try tx.statuses.find($0)?.fence } ?? row.fence
            row.fence = max(row.fence, last).next
            try tx.disks.update(row)
            try tx.begin(deed, at: world.clock.now())
            return Claim(host: host.id, fence: row.fence)
        } undo: { tx, _ in
            try tx.letGo(disk)
            try tx.endUndone(deed, at: world.clock.now())
        }
        try await flow.step("remove", irreversible: "what was on it is gone") {
            try await world.hosts.parts(of: claim.host).disks.remove(disk, $0.command(claim.fence))
        }
        return try await flow.end("gone", irreversible: "the file is gone") { tx in
            let row = try tx.disks.get(disk)
            try tx.disks.delete(disk)
            if let group = row.group, let owner = row.owner {
                try tx.giveBack(ResourceAmounts(disk: row.virtualSize), to: group, and: owner)
            }
            try tx.end(deed, at: world.clock.now())
        }
    }
}
