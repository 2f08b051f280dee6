// SPDX-License-Identifier: Apache-2.0

/// How much the cloud may still destroy by itself: a budget, so that a clock a year ahead or an empty answer becomes an alarm.
public struct DestructionBudget: Hashable, Sendable, Codable {
    /// What is taken away: `destroy` (instances past their leases), `collect` (disks in the trash), or a host's id (instances that it
    /// shows no more: there only what is allowed counts, and the limit is how many are missing).
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// When the present hour began.
    public var since: Timestamp
    /// How many in this hour.
    public var taken: Int
    /// How many an hour, and this one, at most.
    public var limit: Int
    /// How many more an operator allowed; taken before the others.
    public var allowed: Int

    /// A row with these values.
    public init(
        id: String, version: Int64 = 1, since: Timestamp, taken: Int, limit: Int, allowed: Int = 0
    ) {
        self.id = id
        self.version = version
        self.since = since
        self.taken = taken
        self.limit = limit
        self.allowed = allowed
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, since, taken, limit, allowed
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
