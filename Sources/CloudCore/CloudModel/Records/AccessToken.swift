// SPDX-License-Identifier: Apache-2.0

/// A bearer token, by the hash of its text.
public struct AccessToken: Hashable, Sendable, Codable {
    /// The token.
    public var id: ID<TokenKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Whose.
    public var user: ID<UserKind>
    /// SHA-256 of the text, 64 lower-case hexadecimal digits.
    public var hash: String
    /// What it is for.
    public var label: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it ends; nil for never.
    public var expiresAt: Timestamp?
    /// Whether it was taken back.
    public var revoked: Bool

    /// A row with these values.
    public init(
        id: ID<TokenKind>, version: Int64 = 1, user: ID<UserKind>, hash: String, label: String, createdAt: Timestamp,
        expiresAt: Timestamp?, revoked: Bool
    ) {
        self.id = id
        self.version = version
        self.user = user
        self.hash = hash
        self.label = label
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revoked = revoked
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, user, hash, label, createdAt, expiresAt, revoked
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
