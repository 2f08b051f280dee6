// SPDX-License-Identifier: Apache-2.0

/// The answer to a POST under an Idempotency-Key, kept for a day.
public struct RememberedRequest: Hashable, Sendable, Codable {
    /// `user/key`.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// SHA-256 of method, path and body.
    public var bodyHash: String
    /// The operation that it began; nil for what is done at once.
    public var operation: ID<OperationKind>?
    /// The object that an operation is about; empty for what is done at once.
    public var object: String
    /// The answer of what was done at once: JSON, secrets sealed; nil where an operation is the answer.
    public var answer: String?
    /// When.
    public var at: Timestamp

    /// A row with these values.
    public init(
        id: String, version: Int64 = 1, bodyHash: String, operation: ID<OperationKind>? = nil, object: String = "", answer: String? = nil,
        at: Timestamp
    ) {
        self.id = id
        self.version = version
        self.bodyHash = bodyHash
        self.operation = operation
        self.object = object
        self.answer = answer
        self.at = at
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, bodyHash, operation, object, answer, at
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
