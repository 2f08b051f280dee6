// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow

extension Cloud {
    /// What stops a part of the cloud until an operator has looked, in order of the ids; for site operators, for others there is nothing.
    public func alarms(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<Alarm> {
        guard principal.holds(.operateHosts) else { return Page(elements: [], next: nil) }
        return try await world.store.read { try $0.page(Alarm.self, .id, [], after: after, limit: limit) }
    }

    /// Clears an alarm: what it stopped goes on. Of a budget, so many more may be taken away than an hour allows, as many again where
    /// nothing is said; of a host, so many of those that it shows no more are gone, all where nothing is said; of the clock, what it shows
    /// now is right. Site operators only; gives the alarm as it was. Throws `not-found`, and `invalid-field` for fewer than none.
    public func clearAlarm(_ id: String, allowing: Int? = nil, by principal: Principal) async throws -> Alarm {
        guard principal.holds(.operateHosts) else { throw CloudError(.notFound, ["object": id]) }
        guard allowing ?? 0 >= 0 else { throw CloudError(.invalidField, ["pointer": "/allow", "reason": "it is a number from 0"]) }
        let (now, activity) = (world.clock.now(), world.ids.next(ActivityKind.self))
        return try await world.store.write { tx in
            guard let alarm = try tx.alarms.rows.find(key: id) else { throw CloudError(.notFound, ["object": id]) }
            try tx.delete(Alarm.self, id)
            if var budget = try tx.destructionBudgets.rows.find(key: id) {
                budget.allowed = allowing ?? budget.limit
                try tx.destructionBudgets.update(budget)
            }
            if id == Alarm.clock, var heartbeat = try tx.heartbeats.rows.find(key: Heartbeat.manager) {
                heartbeat.at = now
                try tx.heartbeats.update(heartbeat)
            }
            try tx.activities.insert(
                Activity(
                    id: activity, object: id, code: "alarm.cleared", parameters: allowing.map { ["allowed": String($0)] } ?? [:],
                    actor: principal.user, operation: nil, startedAt: now, endedAt: now, outcome: nil))
            try tx.addEvent(NewEvent(code: "alarm.cleared", object: id, operation: nil, at: now))
            return alarm
        }
    }
}
