// SPDX-License-Identifier: Apache-2.0

/// That a person belongs to a group.
public struct Membership: Hashable, Sendable, Codable {
    /// `group/user`.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The group.
    public var group: ID<GroupKind>
    /// The member.
    public var user: ID<UserKind>

    /// A row with these values.
    public init(id: String, version: Int64 = 1, group: ID<GroupKind>, user: ID<UserKind>) {
        self.id = id
        self.version = version
        self.group = group
        self.user = user
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, group, user
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column

    /// The membership of a person in a group.
    public init(group: ID<GroupKind>, user: ID<UserKind>) {
        self.init(id: "\(group)/\(user)", group: group, user: user)
    }
}
