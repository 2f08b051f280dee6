// SPDX-License-Identifier: Apache-2.0

/// Two intervals that a lease is renewed by.
public struct LeasePolicy: Hashable, Sendable, Codable {
    /// The policy.
    public var id: ID<LeasePolicyKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people.
    public var name: DisplayName
    /// The intervals.
    public var intervals: LeaseIntervals

    /// A row with these values.
    public init(id: ID<LeasePolicyKind>, version: Int64 = 1, name: DisplayName, intervals: LeaseIntervals) {
        self.id = id
        self.version = version
        self.name = name
        self.intervals = intervals
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, intervals
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
