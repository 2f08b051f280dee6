// SPDX-License-Identifier: Apache-2.0

public import CloudModel

extension Leases {
    /// What a date is about.
    public enum Matter: String, Hashable, Sendable, Codable {
        /// It is suspended then.
        case suspend
        /// It is destroyed then.
        case destroy
    }

    /// What owners are told now.
    public struct Notice: Hashable, Sendable {
        /// What will be done.
        public let matter: Matter
        /// When; the link that renews is valid until then.
        public let date: Timestamp
        /// Whether it is the second and last one before the date.
        public let isLast: Bool
    }

    /// What follows for a lease at a moment.
    public struct Judgement: Hashable, Sendable {
        /// What is due, after its warnings; nil for nothing.
        public let act: Matter?
        /// What owners are told now, in the order of the dates.
        public let notices: [Notice]
        /// The row as it is to be kept: who was told, and when it is to be looked at again.
        public let lease: InstanceLease
    }

    /// Judges a lease: past `destroyAt` it is destroyed, past `suspendAt` and running or paused it is suspended, else it is warned in its
    /// time.
    ///
    /// Owners are told of a date once at its lead and once more at a tenth of it, or where nobody looked in time as soon as somebody
    /// does; never more for one date, whatever else happens. Nothing is destroyed unless they were told at least the lead before
    /// (invariant I24): where that is not so at `destroyAt`, the date moves to when it will be.
    public static func judge(_ lease: InstanceLease, state: InstanceState, at now: Timestamp) -> Judgement {
        var (lease, notices, act): (InstanceLease, [Notice], Matter?) = (lease, [], nil)
        if state.holdsHost, let date = lease.dates.suspendAt {
            if now >= date {
                act = .suspend
            } else if tell(&lease.warnings.suspend, of: date, at: now) {
                notices.append(Notice(matter: .suspend, date: date, isLast: lease.warnings.suspend?.told == 2))
            }
        }
        if let date = lease.dates.destroyAt {
            if let told = earliest(date, lease.warnings.destroy), now >= told {
                act = .destroy
            } else {
                let isTold = tell(&lease.warnings.destroy, of: date, at: now)
                let due = earliest(date, lease.warnings.destroy) ?? date
                if isTold { notices.append(Notice(matter: .destroy, date: due, isLast: lease.warnings.destroy?.told == 2)) }
                if now >= date { lease.dates = LeaseDates(suspendAt: lease.dates.suspendAt, destroyAt: due) }
            }
        }
        if act == nil {
            lease.failures = 0
            lease.lookAt = nextLook(at: lease, holdsHost: state.holdsHost)
        } else {
            lease.lookAt = now + backOff(after: lease.failures)
            lease.failures += 1
        }
        return Judgement(act: act, notices: notices, lease: lease)
    }

    /// The lease after an absence of the manager: a `destroyAt` that fell inside it moves to the return plus an hour, or the lead where
    /// that is longer, and its owners are told anew; no other date moves (invariant I26).
    public static func afterAbsence(_ lease: InstanceLease, from: Timestamp, to now: Timestamp) -> InstanceLease {
        guard let date = lease.dates.destroyAt, date > from, date <= now else { return lease }
        var (lease, warning) = (lease, lease.warnings.destroy ?? unknownWarning)
        (warning.told, warning.toldAt) = (0, nil)
        lease.dates = LeaseDates(suspendAt: lease.dates.suspendAt, destroyAt: now + max(.seconds(3600), warning.lead))
        lease.warnings.destroy = warning
        lease.lookAt = now
        return lease
    }

    /// When an instance may be destroyed: at its date, and its lead after its owners were told; nil where they were not.
    private static func earliest(_ date: Timestamp, _ warning: LeaseWarning?) -> Timestamp? {
        warning.flatMap { warning in warning.toldAt.map { max(date, $0 + warning.lead) } }
    }

    /// Of a date whose row says nothing of warnings: the least lead.
    private static var unknownWarning: LeaseWarning { LeaseWarning(leadSeconds: 600) }

    /// How long until an instance that a verb has is looked at again.
    public static let heldBack = Duration.seconds(60)

    /// How long until what was begun in vain is tried again: a minute, twice as long each time, at most an hour.
    static func backOff(after failures: Int) -> Duration { .seconds(min(3600, 60 << min(failures, 6))) }

    /// When a lease is to be looked at next; nil for never.
    static func nextLook(at lease: InstanceLease, holdsHost: Bool) -> Timestamp? {
        func next(_ date: Timestamp?, _ warning: LeaseWarning?) -> Timestamp? {
            guard let date else { return nil }
            guard let warning else { return date }
            switch warning.told {
            case 0: return date - warning.lead
            case 1: return date - warning.lead / 10
            default: return date
            }
        }
        let suspend = holdsHost ? next(lease.dates.suspendAt, lease.warnings.suspend) : nil
        return [suspend, next(lease.dates.destroyAt, lease.warnings.destroy)].compactMap(\.self).min()
    }

    /// Whether owners are to be told of a date now; then it says that they were.
    private static func tell(_ warning: inout LeaseWarning?, of date: Timestamp, at now: Timestamp) -> Bool {
        var known = warning ?? unknownWarning
        let due = now >= date - known.lead / 10 ? 2 : now >= date - known.lead ? 1 : 0
        guard due > known.told else { return false }
        // Where the date has come and nobody was told, it moves: what they are told now is the first word and not the last.
        known.told = now >= date && known.toldAt == nil ? 1 : due
        known.toldAt = known.toldAt ?? now
        warning = known
        return true
    }
}
