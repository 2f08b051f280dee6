// SPDX-License-Identifier: Apache-2.0

/// The lease of an instance: its policy, its two dates, and what was said of them. The sweeper reads nothing else.
public struct InstanceLease: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The policy that renews it.
    public var policy: ID<LeasePolicyKind>
    /// The promise.
    public var dates: LeaseDates
    /// What its owners were told of the dates.
    public var warnings: LeaseWarnings
    /// How often people renewed it; starts and wakes do not count.
    public var renewals: Int
    /// From when on the sweeper has something to do; nil for never.
    public var lookAt: Timestamp?
    /// How often in a row what was due could not be begun, or did not help.
    public var failures: Int

    /// A row with these values.
    public init(
        id: ID<InstanceKind>, version: Int64 = 1, policy: ID<LeasePolicyKind>, dates: LeaseDates, warnings: LeaseWarnings = LeaseWarnings(),
        renewals: Int = 0, lookAt: Timestamp? = nil, failures: Int = 0
    ) {
        self.id = id
        self.version = version
        self.policy = policy
        self.dates = dates
        self.warnings = warnings
        self.renewals = renewals
        self.lookAt = lookAt
        self.failures = failures
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, policy, dates, warnings, renewals, lookAt, failures
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
