// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore

/// Makes a disk of an instance larger, the one it boots from or a data disk; disks never shrink. A guest that runs sees the new size at
/// once; what it makes of it (partitions, file systems) is its own matter.
public struct GrowDisk: CloudOperation {
    /// `instance.grow-disk`
    public static let kind = "instance.grow-disk"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Which of its disks.
    public let disk: ID<DiskKind>
    /// The new size.
    public let size: ByteCount
    /// The instance's id.
    public var object: String { instance.text }

    /// Grows a disk for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, disk: ID<DiskKind>, size: ByteCount) {
        self.principal = principal
        self.instance = instance
        self.disk = disk
        self.size = size
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.claim(instance, for: .growDisk, by: principal, in: world)
        try await flow.commit("charge") { tx in
            let (row, more) = try growth(in: tx)
            let (group, owner) = try charged(row, in: tx)
            try tx.requireRoom(in: row.store, by: world.settings)
            try tx.charge(more, to: group, and: owner, defaults: world.settings.limits)
        } undo: { tx in
            let (row, more) = try growth(in: tx)
            let (group, owner) = try charged(row, in: tx)
            try tx.giveBack(more, to: group, and: owner)
        }
        let host = try world.hosts.parts(of: claim.host)
        let guestDisk = claim.guest.disks.first { $0.disk == disk }
        let overlay = claim.disks.first { $0.disk == disk }
        try await flow.step("grow", irreversible: "a disk does not shrink") {
            // Also of a guest that runs on: what is brought back would be smaller than the records say, and fit nowhere.
            if let overlay { try await world.require(overlay, of: claim) }
            // Looked at each time: a guest that has ended since has no disk open, and its store grows it.
            let runs: [GuestSighting.Power] = [.running, .paused]
            if claim.before == .running, let guestDisk, runs.contains(try await host.guests.observe(instance).power) {
                try await host.guests.grow(guestDisk, to: size, of: instance, $0.command(claim.fence))
            } else {
                try await host.disks.grow(disk, to: size, $0.command(claim.fence))
            }
        }
        return try await flow.end("grown", irreversible: "a disk does not shrink") { tx in
            try tx.disks.change(disk) { $0.virtualSize = size }
            try tx.finish(claim, world: world)
        }
    }

    private func growth(in tx: any StoreTransaction) throws -> (Disk, ResourceAmounts) {
        let row = try tx.requirePart(disk, of: instance, for: .growDisk, by: principal)
        guard size > row.virtualSize, size.bytes % 512 == 0, size <= QCow2Overlay.largestVirtualSize else {
            throw CloudError(.invalidField, ["pointer": "/size", "reason": "a disk only grows, to whole sectors of 512 bytes"])
        }
        return (row, ResourceAmounts(disk: size - row.virtualSize))
    }

    private func charged(_ disk: Disk, in tx: any StoreTransaction) throws -> (ID<GroupKind>, ID<UserKind>) {
        if let group = disk.group, let owner = disk.owner { return (group, owner) }
        let row = try tx.instances.get(instance)
        return (row.group, row.owner)
    }
}

extension GrowDisk: LeavesRemains {
    /// Charged from its commit on, and a disk does not shrink.
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        let lines = try tx.journal.entries(of: run.id).filter { $0.name == "charge" }
        guard lines.map(\.kind) == [.committed] else { return nil }
        return Remains(growth: .init(disk: disk, size: size))
    }
}
