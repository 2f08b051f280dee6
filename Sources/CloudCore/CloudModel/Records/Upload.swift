// SPDX-License-Identifier: Apache-2.0

/// Bytes that were sent and are no image yet. The row is there before the bytes are, so that whatever becomes of the sender, what lies on
/// the host has an owner and an age.
public struct Upload: Hashable, Sendable, Codable {
    /// The upload.
    public var id: ID<UploadKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Who sent it; nobody else may import it.
    public var owner: ID<UserKind>
    /// On which host's store it lies.
    public var host: ID<HostKind>
    /// The run that makes an image of it; nil for none.
    public var operation: ID<OperationKind>?
    /// When its sending began.
    public var createdAt: Timestamp

    /// A row with these values.
    public init(
        id: ID<UploadKind>, version: Int64 = 1, owner: ID<UserKind>, host: ID<HostKind>, operation: ID<OperationKind>? = nil,
        createdAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.owner = owner
        self.host = host
        self.operation = operation
        self.createdAt = createdAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, owner, host, operation, createdAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
