// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Hypervisor
import ImageStore

// What the verbs of checkpoints share (Documentation/decisions/0014-checkpoints.md).

extension StoreView {
    /// A checkpoint of an instance; `not-found` for another's as for one that is not there.
    func checkpoint(_ id: ID<CheckpointKind>, of instance: ID<InstanceKind>) throws -> Checkpoint {
        guard let row = try checkpoints.find(id), row.instance == instance else { throw CloudError(.notFound, ["object": id.text]) }
        return row
    }

    /// The memory that an instance's checkpoints keep, which is charged as disk. Their layers are rows of disks, and charged as such.
    func keptMemory(of instance: ID<InstanceKind>) throws -> ByteCount {
        try checkpoints.all(.equals(.instance, .id(instance))).reduce(.zero) { $0 + ($1.memory ?? .zero) }
    }

    /// The disks that lie on a layer, in order. All of them are the same instance's.
    func disks(on layer: Disk) throws -> [Disk] {
        guard let instance = layer.instance else { return [] }
        return try disks.all(.equals(.instance, .id(instance))).filter { $0.base == layer.id }
    }
}

extension StoreTransaction {
    /// The row of a disk that lies on a layer and is not yet part of the machine, as large as what it is to take the place of.
    func insertDisk(_ id: ID<DiskKind>, on layer: Disk, asLargeAs other: Disk) throws -> OverlayDescription {
        let row = Disk(
            id: id, instance: layer.instance, slot: nil, store: layer.store, image: layer.image, base: layer.id,
            origin: layer.origin ?? layer.id, virtualSize: max(layer.virtualSize, other.virtualSize))
        try disks.insert(row)
        return try OverlayDescription(row, on: nil)
    }

    /// A disk takes another's place on the machine's bus.
    func exchange(_ old: ID<DiskKind>, for new: ID<DiskKind>) throws {
        let slot = try disks.get(old).slot
        try disks.change(old) { $0.slot = nil }
        try disks.change(new) { $0.slot = slot }
    }
}

extension InstanceClaim {
    /// The memory that a checkpoint of the instance keeps.
    func memory(of checkpoint: ID<CheckpointKind>) -> MemoryImage {
        MemoryImage(instance: instance, store: memory.store, checkpoint: checkpoint)
    }
}
