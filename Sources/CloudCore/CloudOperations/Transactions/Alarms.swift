// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

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

    /// Takes one from what the cloud may destroy in an hour; false where nothing is left of it. Beyond it stands an alarm, and nothing
    /// more is taken until an operator has cleared it; nor while the clock cannot be right.
    func takeDestruction(_ kind: Destruction, world: World) throws -> Bool {
        let now = world.clock.now()
        guard try clockIsSound(at: now, world.settings), try alarms.rows.find(key: kind.rawValue) == nil else { return false }
        let known = try destructionBudgets.rows.find(key: kind.rawValue)
        var budget = try known ?? DestructionBudget(id: kind.rawValue, since: now, taken: 0, limit: limit(of: kind, world.settings))
        let isOver = now >= budget.since + .seconds(3600) || now < budget.since
        if isOver { (budget.since, budget.taken, budget.limit) = (now, 0, try limit(of: kind, world.settings)) }
        if budget.allowed > 0 {
            budget.allowed -= 1
        } else if budget.taken < budget.limit {
            budget.taken += 1
        } else {
            try raise(
                Alarm(id: kind.rawValue, code: "over-budget", parameters: ["limit": String(budget.limit)], since: now),
                world.ids.next(ActivityKind.self))
            return false
        }
        if known == nil { try destructionBudgets.insert(budget) } else { try destructionBudgets.update(budget) }
        return true
    }

    /// At most so many in an hour, and at most half of all there are; of few that is too few, so there is a least.
    private func limit(of kind: Destruction, _ settings: Settings) throws -> Int {
        switch kind {
        case .destroy: min(settings.destroyedInAnHour, max(10, try instances.rows.count(.equals(.alive, .integer(1))) / 2))
        case .collect: min(settings.collectedInAnHour, max(50, try disks.rows.count() / 2))
        }
    }
}
