// SPDX-License-Identifier: Apache-2.0

/// A level on one object for one person or group.
public struct Grant: Hashable, Sendable, Codable {
    /// The grant.
    public var id: ID<GrantKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The id of the object.
    public var object: String
    /// The id of the person or group.
    public var subject: String
    /// How much they may do.
    public var level: Level
    /// When it ends; nil for never.
    public var until: Timestamp?
    /// Made by a group's policy: only the group's owner changes it.
    public var pinned: Bool
    /// Who granted it.
    public var grantedBy: ID<UserKind>

    /// A row with these values.
    public init(
        id: ID<GrantKind>, version: Int64 = 1, object: String, subject: String, level: Level, until: Timestamp?, pinned: Bool,
        grantedBy: ID<UserKind>
    ) {
        self.id = id
        self.version = version
        self.object = object
        self.subject = subject
        self.level = level
        self.until = until
        self.pinned = pinned
        self.grantedBy = grantedBy
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, object, subject, level, until, pinned, grantedBy
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
