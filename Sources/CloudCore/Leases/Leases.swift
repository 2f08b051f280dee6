// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The rules of leases (CIRCLE): two dates per instance, and the one function that changes them. No clock: `now` is an argument.
public enum Leases {
    /// New dates after a renewal: called by create, start, wake, recover and renew, and by nothing else.
    ///
    /// Each date is `now` plus the policy's interval, but not after the end of the course, where there is one. A date that was promised
    /// never moves earlier, and *never* is later than any date, unless `force` is given (invariant I25). Where both are dates,
    /// destruction is not before suspension.
    public static func renewed(
        from current: LeaseDates?, by intervals: LeaseIntervals, within course: Course? = nil, at now: Timestamp, force: Bool = false
    ) -> LeaseDates {
        let asked = LeaseDates(suspendAt: date(intervals.suspendAfter, now), destroyAt: date(intervals.destroyAfter, now))
        let due = course?.clip(asked, at: now) ?? asked
        guard let current, !force else { return ordered(due.suspendAt, due.destroyAt) }
        return ordered(later(current.suspendAt, due.suspendAt), later(current.destroyAt, due.destroyAt))
    }

    /// Renews a lease: its dates as above, and warnings anew for each date that is another than before.
    public static func renew(
        _ lease: inout InstanceLease, by intervals: LeaseIntervals, within course: Course? = nil, at now: Timestamp, force: Bool = false
    ) {
        let before = lease
        lease.dates = renewed(from: before.dates, by: intervals, within: course, at: now, force: force)
        lease.warnings = LeaseWarnings(
            suspend: lease.dates.suspendAt == before.dates.suspendAt
                ? before.warnings.suspend : warning(of: lease.dates.suspendAt, promisedAt: now),
            destroy: lease.dates.destroyAt == before.dates.destroyAt
                ? before.warnings.destroy : warning(of: lease.dates.destroyAt, promisedAt: now))
        lease.failures = 0
        lease.lookAt = nextLook(at: lease, holdsHost: true)
    }

    /// The first lease of an instance.
    public static func first(
        of id: ID<InstanceKind>, policy: ID<LeasePolicyKind>, by intervals: LeaseIntervals, within course: Course? = nil, at now: Timestamp
    ) -> InstanceLease {
        let dates = renewed(from: nil, by: intervals, within: course, at: now)
        var lease = InstanceLease(
            id: id, policy: policy, dates: dates,
            warnings: LeaseWarnings(
                suspend: warning(of: dates.suspendAt, promisedAt: now), destroy: warning(of: dates.destroyAt, promisedAt: now)))
        lease.lookAt = nextLook(at: lease, holdsHost: true)
        return lease
    }

    /// The warning of a date that is promised now: a tenth of the time until then is its lead.
    static func warning(of date: Timestamp?, promisedAt now: Timestamp) -> LeaseWarning? {
        guard let date else { return nil }
        let lead = warningLeads(of: .after(max(.zero, date - now))).first ?? .zero
        return LeaseWarning(leadSeconds: lead.components.seconds)
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
