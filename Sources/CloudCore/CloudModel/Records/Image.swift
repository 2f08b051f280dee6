// SPDX-License-Identifier: Apache-2.0

/// Whether an image can be used.
public enum ImageState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Being judged and published.
    case importing
    /// Can be used.
    case available
}

/// Immutable bytes of a disk.
public struct Image: Hashable, Sendable, Codable {
    /// The image.
    public var id: ID<ImageKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people.
    public var name: DisplayName
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// Whether it can be used.
    public var state: ImageState
    /// Its format, stated once.
    public var format: ImageFormat
    /// The size of the disk in it; zero until it is available.
    public var virtualSize: ByteCount
    /// The size of its file; zero until it is available.
    public var fileSize: ByteCount
    /// SHA-256 of its file, 64 lower-case hexadecimal digits; empty until it is available.
    public var sha256: String
    /// What it counts in the quotas of its group and its owner: a disk that was saved; zero for what was imported.
    public var charged: ByteCount
    /// Where it is kept.
    public var store: ID<StoreKind>
    /// When it was asked for.
    public var createdAt: Timestamp

    /// A row with these values.
    public init(
        id: ID<ImageKind>, version: Int64 = 1, name: DisplayName, owner: ID<UserKind>, group: ID<GroupKind>, state: ImageState,
        format: ImageFormat, virtualSize: ByteCount, fileSize: ByteCount, sha256: String, charged: ByteCount = .zero,
        store: ID<StoreKind>, createdAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.name = name
        self.owner = owner
        self.group = group
        self.state = state
        self.format = format
        self.virtualSize = virtualSize
        self.fileSize = fileSize
        self.sha256 = sha256
        self.charged = charged
        self.store = store
        self.createdAt = createdAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, owner, group, state, format, virtualSize, fileSize, sha256, charged, store, createdAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
