// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

/// What the cloud takes away by itself.
enum Destruction: String, Sendable, CaseIterable {
    /// Instances that are past their leases.
    case destroy
    /// Disks in the trash.
    case collect
}

extension Alarm {
    /// The id of the alarm about the clock.
    static let clock = "clock"
}

/// Nothing is left of what the cloud may take away by itself: whoever meets it raises the alarm, for a transaction that throws writes none.
struct OverBudget: Error {
    /// What was to be taken away.
    let kind: Destruction
}

extension Error {
    /// Whether it is one object's, and the next may be tried: not the store's, nor the end of the manager. A row that cannot be read is its
    /// object's, also where the store calls it its own failure.
    var isOneObjects: Bool {
        if self is CancellationError || self is RunnerEnded { return false }
        guard let refusal = self as? CloudError else { return true }
        return refusal.isUnreadableRow || (refusal.code != .storeUnavailable && refusal.code != .epochStale)
    }
}

extension StoreView {
    /// Whether the clock can be right: no alarm says otherwise, and it is not far from when the manager was last known to live. The first
    /// look after an absence comes from whichever reconciler is quickest, so each that takes away asks this, and not the alarm alone.
    func clockIsSound(at now: Timestamp, _ settings: Settings) throws -> Bool {
        guard try alarms.find(key: Alarm.clock) == nil else { return false }
        guard let seen = try heartbeats.find(key: Heartbeat.manager)?.at else { return true }
        return now >= seen - settings.clockTolerance && now <= seen + settings.longestAbsence
    }
}

extension StoreTransaction {
    /// Raises an alarm, with activity and event; one that is raised already stays as it is.
    func raise(_ alarm: Alarm, _ activity: ID<ActivityKind>) throws {
        guard try alarms.rows.find(key: alarm.id) == nil else { return }
        try alarms.insert(alarm)
        try activities.insert(
            Activity(
                id: activity, object: alarm.id, code: "alarm.\(alarm.code)", parameters: alarm.parameters, actor: nil, operation: nil,
                startedAt: alarm.since, endedAt: alarm.since, outcome: nil))
        try addEvent(NewEvent(code: "alarm.raised", object: alarm.id, operation: nil, at: alarm.since))
    }

    /// Takes an alarm back that is over by itself, with its event; harmless where it is not raised.
    func takeBack(_ alarm: String, at now: Timestamp) throws {
        guard try alarms.rows.find(key: alarm) != nil else { return }
        try delete(Alarm.self, alarm)
        try addEvent(NewEvent(code: "alarm.cleared", object: alarm, operation: nil, at: now))
    }

    /// Takes one from what the cloud may destroy in an hour, in the transaction that begins it: what is refused there costs nothing. Throws
    /// ``OverBudget`` where nothing is left of it, or while the clock cannot be right.
    func takeDestruction(_ kind: Destruction, world: World) throws {
        guard let (found, isKnown) = try openBudget(of: kind, world: world) else { throw OverBudget(kind: kind) }
        var budget = found
        if budget.allowed > 0 {
            budget.allowed -= 1
        } else if budget.taken < budget.limit {
            budget.taken += 1
        } else {
            throw OverBudget(kind: kind)
        }
        if isKnown { try destructionBudgets.update(budget) } else { try destructionBudgets.insert(budget) }
    }

    /// Raises the alarm of a budget of which nothing is left: nothing more is taken until an operator has cleared it.
    func raiseOverBudget(_ kind: Destruction, world: World) throws {
        guard let (budget, _) = try openBudget(of: kind, world: world), budget.allowed <= 0, budget.taken >= budget.limit else { return }
        try raise(
            Alarm(
                id: kind.rawValue, code: "over-budget", parameters: ["limit": String(budget.limit)], since: world.clock.now()),
            world.ids.next(ActivityKind.self))
    }

    /// The budget of this hour, and whether it has a row; nil while an alarm stands on it or the clock cannot be right.
    private func openBudget(of kind: Destruction, world: World) throws -> (budget: DestructionBudget, isKnown: Bool)? {
        let now = world.clock.now()
        guard try clockIsSound(at: now, world.settings), try alarms.rows.find(key: kind.rawValue) == nil else { return nil }
        let known = try destructionBudgets.rows.find(key: kind.rawValue)
        var budget = try known ?? DestructionBudget(id: kind.rawValue, since: now, taken: 0, limit: limit(of: kind, world.settings))
        let isOver = now >= budget.since + .seconds(3600) || now < budget.since
        if isOver { (budget.since, budget.taken, budget.limit) = (now, 0, try limit(of: kind, world.settings)) }
        return (budget, known != nil)
    }

    /// At most so many in an hour, and at most half of all there are; of few that is too few, so there is a least.
    private func limit(of kind: Destruction, _ settings: Settings) throws -> Int {
        switch kind {
        case .destroy: min(settings.destroyedInAnHour, max(10, try instances.rows.count(.equals(.alive, .integer(1))) / 2))
        case .collect: min(settings.collectedInAnHour, max(50, try disks.rows.count() / 2))
        }
    }
}
