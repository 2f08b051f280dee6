// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The rules of leases (CIRCLE): two dates per instance, and the one function that changes them. No clock: `now` is an argument.
public enum Leases {
    /// New dates after a renewal: called by create, start, wake, recover and renew, and by nothing else.
    ///
    /// Each date is `now` plus the policy's interval. A date that was promised never moves earlier, and *never* is later than any
    /// date, unless `force` is given (invariant I25). Where both are dates, destruction is not before suspension.
    public static func renewed(from current: LeaseDates?, by intervals: LeaseIntervals, at now: Timestamp, force: Bool = false)
        -> LeaseDates
    {
        let suspendAt = date(intervals.suspendAfter, now)
        let destroyAt = date(intervals.destroyAfter, now)
        guard let current, !force else { return ordered(suspendAt, destroyAt) }
        return ordered(later(current.suspendAt, suspendAt), later(current.destroyAt, destroyAt))
    }

    /// How long before a date its owner is warned: a tenth of the interval, at least 10 minutes and at most 14 days; once more at a
    /// tenth of that. Longest first; empty for an interval that never ends.
    public static func warningLeads(of interval: LeaseInterval) -> [Duration] {
        guard case .after(let duration) = interval else { return [] }
        let lead = min(max(duration / 10, .seconds(600)), .seconds(14 * 86_400))
        return [lead, lead / 10]
    }

    private static func date(_ interval: LeaseInterval, _ now: Timestamp) -> Timestamp? {
        switch interval {
        case .never: nil
        case .after(let duration): now + duration
        }
    }
    private static func later(_ left: Timestamp?, _ right: Timestamp?) -> Timestamp? {
        guard let left, let right else { return nil }
        return max(left, right)
    }
    private static func ordered(_ suspendAt: Timestamp?, _ destroyAt: Timestamp?) -> LeaseDates {
        guard let suspendAt, let destroyAt else { return LeaseDates(suspendAt: suspendAt, destroyAt: destroyAt) }
        return LeaseDates(suspendAt: suspendAt, destroyAt: max(suspendAt, destroyAt))
    }
}

extension LeaseIntervals {
    /// Five hours, seven days: a lab session.
    public static let lab = LeaseIntervals(suspendAfter: .after(.seconds(5 * 3600)), destroyAfter: .after(.seconds(7 * 86_400)))
    /// Thirty days, 180 days: a project.
    public static let project = LeaseIntervals(suspendAfter: .after(.seconds(30 * 86_400)), destroyAfter: .after(.seconds(180 * 86_400)))
    /// A year, ten years: a server.
    public static let server = LeaseIntervals(suspendAfter: .after(.seconds(365 * 86_400)), destroyAfter: .after(.seconds(3650 * 86_400)))
}
