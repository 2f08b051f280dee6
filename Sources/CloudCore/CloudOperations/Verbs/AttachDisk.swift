// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore

/// Gives an instance a data disk: a new one of a size, which is the instance's owner's and charged as the instance is, or one of theirs
/// that no instance has. A guest that runs gets it at once; it knows it by its serial, the characters of the disk's id.
public struct AttachDisk: CloudOperation {
    /// `instance.attach-disk`
    public static let kind = "instance.attach-disk"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The disk: the id of a new one, chosen before, or one that is there.
    public let disk: ID<DiskKind>
    /// The size of a new disk; nil for one that is there.
    public let size: ByteCount?
    /// The instance's id.
    public var object: String { instance.text }

    /// Attaches a disk for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, disk: ID<DiskKind>, size: ByteCount?) {
        self.principal = principal
        self.instance = instance
        self.disk = disk
        self.size = size
    }

    /// What is known of the disk once it is taken.
    struct Taken: Codable, Sendable {
        let overlay: OverlayDescription
        let slot: Int
        /// A disk that was another instance's is known to hosts by a fence that may be newer than the claim's.
        let fence: Fence
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> ID<DiskKind> {
        let claim = try await flow.claim(instance, for: .attachDisk, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        let taken = try await flow.commit("take") { tx in
            try take(claim, in: tx, world: world)
        } undo: { tx, taken in
            try giveBack(taken, in: tx)
        }
        try await flow.step("disk") {
            // One that is there holds somebody's data, and an empty one would be taken for it.
            if size == nil { try await world.require(taken.overlay, of: instance, on: claim.host) }
            try await host.disks.ensure(taken.overlay, $0.command(taken.fence))
        } undo: {
            if size != nil { try await host.disks.remove(disk, $0.command(taken.fence)) }
        }
        if claim.before == .running {
            let guestDisk = GuestDisk(disk: disk, store: claim.memory.store)
            try await flow.step("attach") {
                try await host.guests.attach(guestDisk, slot: taken.slot, to: instance, $0.command(taken.fence))
            } undo: {
                try await world.detach(disk, from: instance, on: claim.host, $0.command(taken.fence))
            }
        }
        return try await flow.end("attached", irreversible: "detaching is the way back") { tx in
            try tx.disks.change(disk) { row in
                row.instance = instance
                row.slot = taken.slot
                row.operation = nil
            }
            try tx.finish(claim, world: world)
            return disk
        }
    }

    private func take(_ claim: InstanceClaim, in tx: any StoreTransaction, world: World) throws -> Taken {
        let operation = claim.deed.operation
        try tx.requireDiskPlace(of: instance)
        // A disk keeps its place until the guest has let it go, so nothing is at a free one. There are as few as disks: none of them is that
        // of the first boot's volume, which is behind all.
        let taken = Set(try tx.disks(of: instance).compactMap(\.slot))
        var slot = 1
        while taken.contains(slot) { slot += 1 }
        let row = try tx.instances.get(instance)
        var fence = claim.fence
        let overlay: OverlayDescription
        if let size {
            overlay = OverlayDescription(disk: disk, base: .nothing, virtualSize: size)
            do { try overlay.checkSize() } catch {
                throw CloudError(.invalidField, ["pointer": "/size", "reason": "\(size.bytes) bytes is no size of a disk"])
            }
            try tx.requireRoom(in: claim.memory.store, by: world.settings)
            try tx.charge(ResourceAmounts(disk: size), to: row.group, and: row.owner, defaults: world.settings.limits)
            try tx.disks.insert(
                Disk(
                    id: disk, instance: instance, slot: nil, owner: row.owner, group: row.group, store: claim.memory.store, image: nil,
                    virtualSize: size, operation: operation))
        } else {
            let known = try tx.takeDataDisk(disk, for: .attachDisk, by: principal, in: operation)
            // It goes to a machine of its owner: otherwise whoever holds the machine would hold what is on the disk.
            guard known.owner == row.owner, known.store == claim.memory.store else { throw CloudError(.notFound, ["object": disk.text]) }
            overlay = OverlayDescription(disk: disk, base: .nothing, virtualSize: known.virtualSize)
            if known.fence >= fence {
                fence = known.fence.next
                try tx.statuses.change(instance) { $0.fence = fence }
            }
        }
        return Taken(overlay: overlay, slot: slot, fence: fence)
    }

    private func giveBack(_ taken: Taken, in tx: any StoreTransaction) throws {
        guard let size else {
            try tx.disks.change(disk) { row in
                row.operation = nil
                row.fence = max(row.fence, taken.fence)
            }
            return
        }
        let row = try tx.instances.get(instance)
        try tx.giveBack(ResourceAmounts(disk: size), to: row.group, and: row.owner)
        try tx.disks.delete(disk)
    }
}

extension AttachDisk: LeavesRemains {
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        guard let row = try tx.disks.find(disk), row.operation?.text == run.id.text, row.slot == nil else { return nil }
        return size == nil ? Remains(free: [disk]) : Remains(strays: [disk])
    }
}

extension World {
    /// Whether a guest has come to its end by itself: it takes nothing back any more, and has what its records say when it is started next.
    func hasEnded(_ instance: ID<InstanceKind>, on host: ID<HostKind>) async throws -> Bool {
        switch try await hosts.parts(of: host).guests.observe(instance).power {
        case .running, .paused: false
        case .off, .crashed, .absent: true
        }
    }

    /// Makes sure that a guest that may run has let a disk go; harmless where there is none. A guest is only asked: throws `device-held`
    /// while it has the disk, for its file must not go under it.
    func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>, on host: ID<HostKind>, _ command: Command) async throws {
        let guests = try hosts.parts(of: host).guests
        do { try await guests.detach(disk, from: instance, command) } catch let refusal as CloudError where refusal.code == .notFound {}
        guard try await guests.disks(of: instance).contains(disk), try await !hasEnded(instance, on: host) else { return }
        throw CloudError(.deviceHeld, ["instance": instance.text, "device": disk.text])
    }
}
