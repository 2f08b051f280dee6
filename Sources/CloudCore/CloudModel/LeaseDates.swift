// SPDX-License-Identifier: Apache-2.0

/// One interval of a lease policy. *Never* is a case of its own and not a very long time.
public enum LeaseInterval: Hashable, Sendable, Codable {
    /// There is no such date.
    case never
    /// So long after the moment of renewal; whole seconds.
    case after(Duration)

    /// Reads whole seconds, or null for never.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = container.decodeNil() ? .never : .after(.seconds(try container.decode(Int64.self)))
    }
    /// Writes whole seconds, or null for never.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .never: try container.encodeNil()
        case .after(let duration): try container.encode(duration.components.seconds)
        }
    }
}

/// The two intervals of a lease policy, counted from the moment of renewal (CIRCLE).
public struct LeaseIntervals: Hashable, Sendable, Codable {
    /// When a running machine is suspended.
    public let suspendAfter: LeaseInterval
    /// When a machine is destroyed.
    public let destroyAfter: LeaseInterval
    /// Two intervals.
    public init(suspendAfter: LeaseInterval, destroyAfter: LeaseInterval) {
        self.suspendAfter = suspendAfter
        self.destroyAfter = destroyAfter
    }
}

/// The two stored dates of an instance: the promise. Only the one function of `Leases` makes new ones.
public struct LeaseDates: Hashable, Sendable, Codable {
    /// When it is suspended if it runs; nil for never.
    public let suspendAt: Timestamp?
    /// When it is destroyed; nil for never.
    public let destroyAt: Timestamp?
    /// Two dates.
    public init(suspendAt: Timestamp?, destroyAt: Timestamp?) {
        self.suspendAt = suspendAt
        self.destroyAt = destroyAt
    }
}

/// What the owners of an instance were told of one of its two dates.
public struct LeaseWarning: Hashable, Sendable, Codable {
    /// How long before the date they are told first; once more at a tenth of it.
    public var leadSeconds: Int64
    /// How often they were told: 0, 1 or 2 times.
    public var told: Int
    /// When they were told first; nil until then.
    public var toldAt: Timestamp?
    /// A warning that is still to be given, unless it says otherwise.
    public init(leadSeconds: Int64, told: Int = 0, toldAt: Timestamp? = nil) {
        self.leadSeconds = leadSeconds
        self.told = told
        self.toldAt = toldAt
    }
    /// How long before the date they are told first.
    public var lead: Duration { .seconds(leadSeconds) }
}

/// The warnings of both dates; nil where there is no such date.
public struct LeaseWarnings: Hashable, Sendable, Codable {
    /// Before it is suspended.
    public var suspend: LeaseWarning?
    /// Before it is destroyed.
    public var destroy: LeaseWarning?
    /// Two warnings.
    public init(suspend: LeaseWarning? = nil, destroy: LeaseWarning? = nil) {
        self.suspend = suspend
        self.destroy = destroy
    }
}
