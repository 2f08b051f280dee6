// SPDX-License-Identifier: Apache-2.0

/// The lease of an instance: its policy and its two dates.
public struct InstanceLease: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The policy that renews it.
    public var policy: ID<LeasePolicyKind>
    /// The promise.
    public var dates: LeaseDates

    /// A row with these values.
    public init(id: ID<InstanceKind>, version: Int64 = 1, policy: ID<LeasePolicyKind>, dates: LeaseDates) {
        self.id = id
        self.version = version
        self.policy = policy
        self.dates = dates
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, policy, dates
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
