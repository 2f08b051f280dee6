// SPDX-License-Identifier: Apache-2.0

/// What one group or person may use and uses.
///
/// `used` is kept in the transaction that takes or gives back, and equals a recount at any time (invariant I22).
public struct QuotaAccount: Hashable, Sendable, Codable {
    /// The id of the group or person.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The most that may be used; nil for the site's default at the moment of the check.
    public var limits: ResourceAmounts?
    /// What is used.
    public var used: ResourceAmounts

    /// A row with these values.
    public init(id: String, version: Int64 = 1, limits: ResourceAmounts?, used: ResourceAmounts) {
        self.id = id
        self.version = version
        self.limits = limits
        self.used = used
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, limits, used
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
