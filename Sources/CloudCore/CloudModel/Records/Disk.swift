// SPDX-License-Identifier: Apache-2.0

/// A private disk of one instance.
public struct Disk: Hashable, Sendable, Codable {
    /// The disk.
    public var id: ID<DiskKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Whose.
    public var instance: ID<InstanceKind>
    /// Where it is kept.
    public var store: ID<StoreKind>
    /// What it lies on.
    public var image: ID<ImageKind>
    /// Its size.
    public var virtualSize: ByteCount
    /// When it went into the trash; nil while it lives.
    public var trashedAt: Timestamp?
    /// The operation that removes it for good; nil for none.
    public var collectedBy: ID<OperationKind>?

    /// A row with these values.
    public init(
        id: ID<DiskKind>, version: Int64 = 1, instance: ID<InstanceKind>, store: ID<StoreKind>, image: ID<ImageKind>,
        virtualSize: ByteCount, trashedAt: Timestamp?, collectedBy: ID<OperationKind>? = nil
    ) {
        self.id = id
        self.version = version
        self.instance = instance
        self.store = store
        self.image = image
        self.virtualSize = virtualSize
        self.trashedAt = trashedAt
        self.collectedBy = collectedBy
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, instance, store, image, virtualSize, trashedAt, collectedBy
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
