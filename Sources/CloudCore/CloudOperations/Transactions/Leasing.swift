// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Leases

extension StoreTransaction {
    /// Renews a lease by its own policy, as far as its course allows; no date moves earlier.
    @discardableResult func renewLease(of instance: ID<InstanceKind>, at now: Timestamp) throws -> InstanceLease {
        var lease = try leases.get(instance)
        let course = try groups.find(instances.get(instance).group)?.course
        Leases.renew(&lease, by: try leasePolicies.get(lease.policy).intervals, within: course, at: now)
        return try leases.update(lease)
    }

    /// Renews a lease because somebody asks: by its own policy, or by another one that they may use and, where they say so, keep.
    /// Throws `not-found` for a policy that is not theirs to use, `course-closed`, `renewals-exhausted`.
    func renewLease(
        of instance: Instance, by asked: ID<LeasePolicyKind>?, keeping: Bool, force: Bool, for principal: Principal, at now: Timestamp
    ) throws -> InstanceLease {
        var lease = try leases.get(instance.id)
        let policy = try leasePolicies.get(asked ?? lease.policy)
        // The instance's own is always offered.
        if policy.id != lease.policy { try require(principal, .see, on: policy.id.text, owner: policy.owner, at: now) }
        let course = try openCourse(of: instance.group, at: now)
        let before = lease
        Leases.renew(&lease, by: policy.intervals, within: course, at: now, force: force)
        if before.dates.moves(to: lease.dates) {
            if let limit = course?.maximumRenewals, lease.renewals >= limit {
                throw CloudError(.renewalsExhausted, ["group": instance.group.text, "limit": String(limit)])
            }
            lease.renewals += 1
        } else {
            // Many small moves would be a large one that nobody counted.
            lease = before
        }
        if keeping { lease.policy = policy.id }
        return try leases.update(lease)
    }
}

extension LeaseDates {
    /// Whether a date moves by a minute or more. What moves less is a repeat (a second click, an answer that was lost): it uses up
    /// nothing, and moves nothing.
    fileprivate func moves(to other: LeaseDates) -> Bool {
        func isOther(_ old: Timestamp?, _ new: Timestamp?) -> Bool {
            guard let old, let new else { return old != new }
            return new - old >= .seconds(60) || old - new >= .seconds(60)
        }
        return isOther(suspendAt, other.suspendAt) || isOther(destroyAt, other.destroyAt)
    }
}

extension StoreView {
    /// The course of a group, if it is one; throws `course-closed` outside its days.
    @discardableResult func openCourse(of group: ID<GroupKind>, at now: Timestamp) throws -> Course? {
        guard let course = try groups.find(group)?.course else { return nil }
        guard course.isOpen(at: now) else {
            throw CloudError(
                .courseClosed,
                ["group": group.text, "first": course.start.description, "last": course.end.description, "zone": course.zone])
        }
        return course
    }
}
