// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Hypervisor

/// What a host sees of a guest's processors that its row does not say: they stand still, or go on. Pure.
struct GuestTurn: Hashable, Sendable {
    /// What happened to the instance.
    let event: InstanceState.Event
    /// Why its processors stand still; nil where they go on.
    let why: CloudError?

    /// The turn of a free instance that is seen so; nil for none.
    init?(of status: InstanceStatus, seen: GuestSighting?) {
        switch (status.state, seen?.power) {
        case (.running, .paused):
            event = .paused
            why = .paused(status.id, by: seen?.cause)
        case (.paused, .running): (event, why) = (.resumed, nil)
        default: return nil
        }
    }
}

extension CloudError {
    /// A host let a guest's processors stand still, and why.
    static func paused(_ instance: ID<InstanceKind>, by cause: PauseCause?) -> CloudError {
        CloudError(.guestPaused, ["instance": instance.text, "reason": (cause ?? .other).sentence])
    }
}

extension PauseCause {
    /// What is said of it to people.
    var sentence: String {
        switch self {
        case .asked: "somebody paused it at its host"
        case .diskFull: "the store of its disk is full"
        case .diskError: "its disk could not be read or written"
        case .other: "its hypervisor did so"
        }
    }
}

extension StoreTransaction {
    /// The row of an instance follows, with an activity of nobody and an event.
    func follow(_ turn: GuestTurn, of status: InstanceStatus, as activity: ID<ActivityKind>, at now: Timestamp) throws {
        guard let state = status.state.after(turn.event) else { return }
        try statuses.change(status.id) { row in
            (row.state, row.failure, row.changedAt) = (state, turn.why, now)
        }
        let code = "instance.\(turn.event.rawValue)"
        try activities.insert(
            Activity(
                id: activity, object: status.id.text, code: code, parameters: [:], actor: nil, operation: nil, startedAt: now, endedAt: now,
                outcome: turn.why))
        try addEvent(NewEvent(code: code, object: status.id.text, operation: nil, at: now))
    }
}
