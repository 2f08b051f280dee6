// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import ImageStore

/// Gives an instance a new boot disk, empty on its template's revision; name, addresses, password, keys and data disks stay. A guest that
/// runs is cut off: what is on the old disk goes. The old disk is what boots until the new one is there, then the new one is: one
/// transaction lies between the two.
public struct RebuildInstance: CloudOperation {
    /// `instance.rebuild`
    public static let kind = "instance.rebuild"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The new disk's id, chosen before.
    public let disk: ID<DiskKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Rebuilds an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, disk: ID<DiskKind>) {
        self.principal = principal
        self.instance = instance
        self.disk = disk
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claim(instance, for: .rebuild, by: principal, in: world)
        let disks = try world.hosts.parts(of: claim.host).disks
        let old = claim.disks[0].disk
        let overlay = try await flow.commit("new disk") { tx in
            try insertDisk(beside: old, in: tx)
        } undo: { tx, _ in
            try tx.disks.delete(disk)
        }
        try await flow.step("overlay") {
            try await disks.ensure(overlay, $0.command(claim.fence))
        } undo: {
            try await disks.remove(disk, $0.command(claim.fence))
        }
        flow.progress(40)
        if claim.before != .stopped { try await flow.clearHost(claim, in: world) }
        try await flow.commit("exchanged", irreversible: "what was on the old disk goes") { tx in
            try tx.disks.change(old) { $0.slot = nil }
            try tx.disks.change(disk) { $0.slot = 0 }
        }
        flow.progress(70)
        try await flow.step("old disk", irreversible: "the machine has its new one") {
            try await disks.remove(old, $0.command(claim.fence))
        }
        return try await flow.end("rebuilt", irreversible: "starting goes on") { tx in
            try tx.disks.delete(old)
            try tx.forgetTold(instance)
            if claim.before == .stopped { try tx.finish(claim, world: world) } else { try tx.settle(claim, .forcedOff, world: world) }
        }
    }

    /// The row of the new disk, as large as the old one: it takes its place in the quotas too, when the two are exchanged.
    private func insertDisk(beside old: ID<DiskKind>, in tx: any StoreTransaction) throws -> OverlayDescription {
        let row = try tx.instances.get(instance)
        let before = try tx.disks.get(old)
        guard let revision = try tx.revisions.rows.find(key: "\(row.template)/\(row.revision)") else {
            throw CloudError(.notFound, ["object": row.template.text])
        }
        let image = try tx.images.get(revision.image)
        let new = Disk(
            id: disk, instance: instance, slot: nil, store: image.store, image: image.id,
            virtualSize: max(revision.disk, before.virtualSize))
        try tx.disks.insert(new)
        return try OverlayDescription(new, on: image)
    }
}

extension RebuildInstance: LeavesRemains {
    /// The new disk until the two are exchanged, the old one afterwards.
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        Remains(strays: try tx.strays(of: instance), isAnotherDisk: true)
    }
}
