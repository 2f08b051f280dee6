// SPDX-License-Identifier: Apache-2.0

/// What instances are made from; its revisions say how.
public struct Template: Hashable, Sendable, Codable {
    /// The template.
    public var id: ID<TemplateKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people.
    public var name: DisplayName
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// The number of the one revision that new instances are made from; nil while it has drafts only.
    public var production: Int?
    /// When it was made.
    public var createdAt: Timestamp

    /// A row with these values.
    public init(
        id: ID<TemplateKind>, version: Int64 = 1, name: DisplayName, owner: ID<UserKind>, group: ID<GroupKind>, production: Int?,
        createdAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.name = name
        self.owner = owner
        self.group = group
        self.production = production
        self.createdAt = createdAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, owner, group, production, createdAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
