// SPDX-License-Identifier: Apache-2.0

/// Who logs in to an instance by key besides the people who may operate it, and what its guest was last told: by which keys people log
/// in, and what they read then. An instance without a row has none of its own, and nobody knows what its guest was told.
public struct InstanceKeys: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The instance's own keys, one OpenSSH line each, in the order in which they came.
    public var own: [String]
    /// What stands for the keys that its guest was last told (``AuthorizedKeys``); nil where nobody knows.
    public var told: String?
    /// What its guest was last told that people read who log in; empty for nothing, nil where nobody knows.
    public var note: String?
    /// How often in a row its guest could not be told of others.
    public var tries: Int
    /// When that was tried last; nil for never since it was told.
    public var triedAt: Timestamp?

    /// A row with these values.
    public init(
        id: ID<InstanceKind>, version: Int64 = 1, own: [String] = [], told: String? = nil, note: String? = "", tries: Int = 0,
        triedAt: Timestamp? = nil
    ) {
        self.id = id
        self.version = version
        self.own = own
        self.told = told
        self.note = note
        self.tries = tries
        self.triedAt = triedAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, own, told, note, tries, triedAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
