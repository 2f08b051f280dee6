// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Leases

extension StoreTransaction {
    /// Renews a lease by its own policy, as far as its course allows; no date moves earlier.
    @discardableResult func renewLease(of instance: ID<InstanceKind>, at now: Timestamp) throws -> InstanceLease {
        var lease = try leases.get(instance)
        let course = try groups.find(instances.get(instance).group)?.course
        Leases.renew(&lease, by: try leasePolicies.get(lease.policy).intervals, within: course, at: now)
        return try leases.update(lease)
    }
}

extension StoreView {
    /// The lease of an instance as it is, and as it is once somebody has renewed it: by its own policy, or by another one that they may use
    /// and, where they say so, keep. Changes nothing. Throws as the verb is refused, among others `not-found` for a policy that is not
    /// theirs to use, `course-closed`, `renewals-exhausted`.
    func renewal(
        of id: ID<InstanceKind>, by asked: ID<LeasePolicyKind>? = nil, keeping: Bool = false, force: Bool = false, for principal: Principal,
        at now: Timestamp
    ) throws -> (before: InstanceLease, after: InstanceLease) {
        let instance = try instance(id, for: .renew, by: principal, at: now)
        let status = try statuses.get(id)
        if let refusal = Verb.renew.refusal(in: status.state, of: id) { throw refusal }
        // What is being destroyed has no way back, whatever is promised meanwhile.
        if let holder = status.operation, try run(RunID(holder.text))?.kind == DestroyInstance.kind {
            throw CloudError(.busy, ["object": id.text, "operation": holder.text])
        }
        let before = try leases.get(id)
        var lease = before
        let policy = try leasePolicies.get(asked ?? lease.policy)
        // The instance's own is always offered.
        if policy.id != lease.policy { try require(principal, .see, on: policy.id.text, owner: policy.owner, at: now) }
        let course = try openCourse(of: instance.group, at: now)
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
        return (before, lease)
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
