// SPDX-License-Identifier: Apache-2.0

/// A course, a lab, a team, or the group of one person: what resources are charged to.
public struct Group: Hashable, Sendable, Codable {
    /// The group.
    public var id: ID<GroupKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people.
    public var name: DisplayName
    /// The owner of record.
    public var owner: ID<UserKind>
    /// What makes it a course; nil for other groups.
    public var course: Course?

    /// A row with these values.
    public init(id: ID<GroupKind>, version: Int64 = 1, name: DisplayName, owner: ID<UserKind>, course: Course? = nil) {
        self.id = id
        self.version = version
        self.name = name
        self.owner = owner
        self.course = course
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, owner, course
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
