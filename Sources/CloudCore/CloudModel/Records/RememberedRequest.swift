// SPDX-License-Identifier: Apache-2.0

/// The answer to a POST under an Idempotency-Key, kept for a day.
public struct RememberedRequest: Hashable, Sendable, Codable {
    /// `user/key`.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// SHA-256 of method, path and body.
    public var bodyHash: String
    /// The operation that it began.
    public var operation: ID<OperationKind>
    /// The object that it made or is about.
    public var object: String
    /// When.
    public var at: Timestamp

    /// A row with these values.
    public init(id: String, version: Int64 = 1, bodyHash: String, operation: ID<OperationKind>, object: String, at: Timestamp) {
        self.id = id
        self.version = version
        self.bodyHash = bodyHash
        self.operation = operation
        self.object = object
        self.at = at
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, bodyHash, operation, object, at
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
