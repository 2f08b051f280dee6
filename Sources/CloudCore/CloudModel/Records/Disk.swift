// SPDX-License-Identifier: Apache-2.0

/// A private disk: an overlay on an image, which is an instance's own, or a data disk on nothing, which is a person's and may be
/// attached to one instance at a time (invariant I21).
public struct Disk: Hashable, Sendable, Codable {
    /// The disk.
    public var id: ID<DiskKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The instance that has it; nil for a data disk that is attached to none.
    public var instance: ID<InstanceKind>?
    /// Its place on the instance's bus: 0 boots. While the guest runs these are its places there; of one that is off only their order counts.
    /// Nil for what is not part of the machine: a data disk that is attached to none, a layer
    /// that a checkpoint keeps, a disk on its way in or out.
    public var slot: Int?
    /// The owner of record of a data disk; nil for any other, which goes with its instance.
    public var owner: ID<UserKind>?
    /// The charged group of a data disk; nil for any other, which is charged with its instance.
    public var group: ID<GroupKind>?
    /// Where it is kept.
    public var store: ID<StoreKind>
    /// What it lies on, below all layers; nil for a data disk.
    public var image: ID<ImageKind>?
    /// The layer that it lies on directly; nil where it lies on its image or on nothing.
    public var base: ID<DiskKind>?
    /// The disk on the image that it goes on from, through however many layers, also such as are gone; nil where it is that one itself. What
    /// a guest takes for the same machine (``FirstBootUse``).
    public var origin: ID<DiskKind>?
    /// Its size.
    public var virtualSize: ByteCount
    /// The newest fence under which a host was asked about it while an instance had it; an instance that takes it goes on from there.
    public var fence: Fence
    /// The operation that makes, attaches, lets go of or removes a data disk; one that has ended has it no more. Nil for none.
    public var operation: ID<OperationKind>?
    /// When it went into the trash; nil while it lives.
    public var trashedAt: Timestamp?
    /// The operation that removes it for good; nil for none.
    public var collectedBy: ID<OperationKind>?

    /// A row with these values.
    public init(
        id: ID<DiskKind>, version: Int64 = 1, instance: ID<InstanceKind>?, slot: Int? = 0, owner: ID<UserKind>? = nil,
        group: ID<GroupKind>? = nil, store: ID<StoreKind>, image: ID<ImageKind>?, base: ID<DiskKind>? = nil, origin: ID<DiskKind>? = nil,
        virtualSize: ByteCount,
        fence: Fence = Fence(0), operation: ID<OperationKind>? = nil, trashedAt: Timestamp? = nil, collectedBy: ID<OperationKind>? = nil
    ) {
        self.id = id
        self.version = version
        self.instance = instance
        self.slot = slot
        self.owner = owner
        self.group = group
        self.store = store
        self.image = image
        self.base = base
        self.origin = origin
        self.virtualSize = virtualSize
        self.fence = fence
        self.operation = operation
        self.trashedAt = trashedAt
        self.collectedBy = collectedBy
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, instance, slot, owner, group, store, image, base, origin, virtualSize, fence, operation, trashedAt,
            collectedBy
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
