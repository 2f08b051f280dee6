// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

/// Who does what to what, for activities and events of one verb.
struct Deed: Codable, Sendable {
    let verb: Verb
    let object: String
    let actor: ID<UserKind>
    let operation: ID<OperationKind>
    /// The activity's id is chosen with the operation's: one run, one activity, unless a batch says which of its members it is about.
    var activity: ID<ActivityKind>? { ID("\(ActivityKind.prefix)-\(operation.body)\(member?.body ?? "")") }
    /// The member of a batch that the activity is about; nil for the first, and where there is no batch.
    var member: ID<InstanceKind>?
}

extension StoreTransaction {
    /// An activity begins: in the transaction of the claim.
    func begin(_ deed: Deed, _ parameters: [String: String] = [:], at now: Timestamp, endedAt: Timestamp? = nil) throws {
        guard let id = deed.activity else { throw CloudError(.internalFault, ["part": "activity id"]) }
        try activities.insert(
            Activity(
                id: id, object: deed.object, code: deed.verb.rawValue, parameters: parameters,
                actor: deed.actor == .theCloud ? nil : deed.actor, operation: deed.operation,
                startedAt: now, endedAt: endedAt, outcome: nil))
    }

    /// The activity ends: in the transaction of the change.
    func end(_ deed: Deed, outcome: CloudError? = nil, at now: Timestamp) throws {
        guard let id = deed.activity, var activity = try activities.find(id), activity.endedAt == nil else { return }
        activity.endedAt = now
        activity.outcome = outcome
        try activities.update(activity)
    }

    /// The activity of a deed that was taken back ends with the run's refusal: in the transaction of the undo.
    func endUndone(_ deed: Deed, at now: Timestamp) throws {
        let failure = try journal.run(RunID(deed.operation.text))?.failure
        try end(deed, outcome: failure.map(CloudError.init), at: now)
    }

    /// An activity that begins and ends at once.
    func note(_ deed: Deed, _ parameters: [String: String] = [:], at now: Timestamp) throws {
        try begin(deed, parameters, at: now, endedAt: now)
    }

    /// An event about the deed's object.
    func tell(_ code: String, _ deed: Deed, at now: Timestamp) throws {
        try addEvent(NewEvent(code: code, object: deed.object, operation: deed.operation.text, at: now))
    }
}

extension RunID {
    /// The operation that a run is.
    func operation() throws(CloudError) -> ID<OperationKind> {
        guard let id = ID<OperationKind>(text) else { throw CloudError(.internalFault, ["part": "operation id \(text)"]) }
        return id
    }
}
