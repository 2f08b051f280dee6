// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Leases

extension StoreTransaction {
    /// Moves the dates of destruction that fell into an absence; gives their instances. A row that cannot be read moves nothing.
    func moveDestructions(from: Timestamp, to now: Timestamp) throws -> [ID<InstanceKind>] {
        // Whoever lives is asked for by name alone: one row that cannot be read hides the others in one statement.
        try names(Query<Instance>(.equals(.alive, .integer(1)))).compactMap { ID($0) }.filter { id in
            let lease: InstanceLease
            do { lease = try leases.get(id) } catch let error where error.isOneObjects { return false }
            let after = Leases.afterAbsence(lease, from: from, to: now)
            guard after != lease else { return false }
            try leases.update(after)
            try addEvent(NewEvent(code: "lease.moved", object: id.text, operation: nil, at: now))
            return true
        }
    }

    /// Writes a notice for every owner into the outbox, with activity and event.
    func queue(_ notice: Leases.Notice, about instance: Instance, world: World, at now: Timestamp) throws {
        for owner in try owners(of: instance, at: now) {
            try notices.insert(
                Notice(
                    id: world.ids.next(NoticeKind.self), recipient: owner, instance: instance.id, code: "lease.\(notice.matter.rawValue)",
                    parameters: ["name": instance.name.text, "last": String(notice.isLast)], date: notice.date,
                    queuedAt: now))
        }
        try activities.insert(
            Activity(
                id: world.ids.next(ActivityKind.self), object: instance.id.text, code: "lease.\(notice.matter.rawValue)-soon",
                parameters: ["at": String(notice.date.milliseconds)], actor: nil, operation: nil, startedAt: now, endedAt: now, outcome: nil
            ))
        try addEvent(NewEvent(code: "lease.\(notice.matter.rawValue)-soon", object: instance.id.text, operation: nil, at: now))
    }

    /// Throws `stale-version` where the lease is another by now.
    func requireLease(_ id: ID<InstanceKind>, version: Int64) throws {
        try Set([version]).require(try leases.get(id).version, of: id.text)
    }
}

extension StoreView {
    /// Everybody who holds owner level on an instance by its record or a grant, in order; site operators are not told of everything.
    func owners(of instance: Instance, at now: Timestamp) throws -> [ID<UserKind>] {
        let grants = try grants.all(.equals(.object, .text(instance.id.text)))
            .filter { $0.level == .owner && ($0.until.map { $0 > now } ?? true) }
        let groups = grants.compactMap { ID<GroupKind>($0.subject) }
        let members = try groups.isEmpty ? [] : memberships.all(.isIn(.group, groups.map(StoreValue.id))).map(\.user)
        return Set([instance.owner] + grants.compactMap { ID<UserKind>($0.subject) } + members).sorted()
    }
}
