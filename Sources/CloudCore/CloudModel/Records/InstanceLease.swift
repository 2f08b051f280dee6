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

    /// The columns of the row: dates and warnings lie flat in it, for as texts of JSON they took
    /// more time than all the rest of a launch's rows.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, policy, suspendAt, suspendLead, suspendTold, suspendToldAt, destroyAt, destroyLead, destroyTold, destroyToldAt
        case renewals, lookAt, failures
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}

// MARK: The row

extension InstanceLease {
    /// Reads the row.
    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: Column.self)
        id = try row.decode(ID<InstanceKind>.self, forKey: .id)
        version = try row.decode(Int64.self, forKey: .version)
        policy = try row.decode(ID<LeasePolicyKind>.self, forKey: .policy)
        dates = LeaseDates(
            suspendAt: try row.decodeIfPresent(Timestamp.self, forKey: .suspendAt),
            destroyAt: try row.decodeIfPresent(Timestamp.self, forKey: .destroyAt))
        warnings = LeaseWarnings(
            suspend: try LeaseWarning(row, .suspendLead, .suspendTold, .suspendToldAt),
            destroy: try LeaseWarning(row, .destroyLead, .destroyTold, .destroyToldAt))
        renewals = try row.decode(Int.self, forKey: .renewals)
        lookAt = try row.decodeIfPresent(Timestamp.self, forKey: .lookAt)
        failures = try row.decode(Int.self, forKey: .failures)
    }

    /// Writes the row.
    public func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: Column.self)
        try row.encode(id, forKey: .id)
        try row.encode(version, forKey: .version)
        try row.encode(policy, forKey: .policy)
        try row.encodeIfPresent(dates.suspendAt, forKey: .suspendAt)
        try warnings.suspend?.encode(to: &row, .suspendLead, .suspendTold, .suspendToldAt)
        try row.encodeIfPresent(dates.destroyAt, forKey: .destroyAt)
        try warnings.destroy?.encode(to: &row, .destroyLead, .destroyTold, .destroyToldAt)
        try row.encode(renewals, forKey: .renewals)
        try row.encodeIfPresent(lookAt, forKey: .lookAt)
        try row.encode(failures, forKey: .failures)
    }
}

extension LeaseWarning {
    /// The warning in its three columns; nil where the first holds nothing.
    fileprivate init?(
        _ row: KeyedDecodingContainer<InstanceLease.Column>, _ lead: InstanceLease.Column, _ told: InstanceLease.Column,
        _ toldAt: InstanceLease.Column
    ) throws {
        guard let leadSeconds = try row.decodeIfPresent(Int64.self, forKey: lead) else { return nil }
        self.init(
            leadSeconds: leadSeconds, told: try row.decode(Int.self, forKey: told),
            toldAt: try row.decodeIfPresent(Timestamp.self, forKey: toldAt))
    }

    fileprivate func encode(
        to row: inout KeyedEncodingContainer<InstanceLease.Column>, _ lead: InstanceLease.Column, _ told: InstanceLease.Column,
        _ toldAt: InstanceLease.Column
    ) throws {
        try row.encode(leadSeconds, forKey: lead)
        try row.encode(self.told, forKey: told)
        try row.encodeIfPresent(self.toldAt, forKey: toldAt)
    }
}
