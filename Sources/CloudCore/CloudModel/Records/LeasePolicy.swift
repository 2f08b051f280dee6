// SPDX-License-Identifier: Apache-2.0

/// Two intervals that a lease is renewed by. It is shared like other objects: whoever has user level on it may renew by it.
public struct LeasePolicy: Hashable, Sendable, Codable {
    /// The policy.
    public var id: ID<LeasePolicyKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people.
    public var name: DisplayName
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The intervals.
    public var intervals: LeaseIntervals

    /// A row with these values.
    public init(id: ID<LeasePolicyKind>, version: Int64 = 1, name: DisplayName, owner: ID<UserKind>, intervals: LeaseIntervals) {
        self.id = id
        self.version = version
        self.name = name
        self.owner = owner
        self.intervals = intervals
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, owner, intervals
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
