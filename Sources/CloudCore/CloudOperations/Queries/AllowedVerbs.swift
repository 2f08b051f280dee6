// SPDX-License-Identifier: Apache-2.0

import Access
public import CloudModel
import CloudStore
import CloudWorkflow

/// A verb, and whether the principal may do it with an instance now.
public struct AllowedVerb: Sendable, Hashable {
    /// The verb.
    public let verb: Verb
    /// Why not; nil where it may be done.
    public let refusal: CloudError?
}

extension Cloud {
    /// What the principal may do with an instance now: each verb that people ask for of an instance, in order of the words, with the first
    /// of the reasons why not. Rights, state, who is at work, whether its host answers, and what its rows say whatever is asked with the
    /// verb (no checkpoint to return to); what only a host can say (room) shows when the verb is begun.
    public func allowedVerbs(of id: ID<InstanceKind>, for principal: Principal) async throws -> [AllowedVerb] {
        let (now, freshness) = (world.clock.now(), world.settings.freshness)
        return try await world.store.read { view in
            let instance = try view.instance(id, for: .see, by: principal, at: now)
            let facts = try view.accessFacts(of: id.text, owner: instance.owner)
            let status = try view.statuses.get(id)
            let holder = try status.operation.flatMap { try view.run(RunID($0.text)) }
            let shown = ShownState(status, evidence: try status.host.flatMap { try view.evidence.find($0) }, freshness: freshness, at: now)
            return try Verb.asked.filter { $0.allowedStates != nil }.sorted { $0.rawValue < $1.rawValue }.map { verb in
                if case .refused(let refusal) = Access.decide(principal, verb, on: facts, at: now) {
                    return AllowedVerb(verb: verb, refusal: refusal)
                }
                if let refusal = Self.refusal(of: verb, in: status, heldBy: holder) { return AllowedVerb(verb: verb, refusal: refusal) }
                if case .unknown = shown, !verb.needsNoAnswer, let host = status.host {
                    return AllowedVerb(verb: verb, refusal: CloudError(.hostUnreachable, ["host": host.text]))
                }
                do { try view.foresee(verb, of: instance, in: status.state) } catch let refusal as CloudError
                    where refusal.code != .storeUnavailable
                {
                    return AllowedVerb(verb: verb, refusal: refusal)
                }
                return AllowedVerb(verb: verb, refusal: nil)
            }
        }
    }

    /// Why a verb would be refused for the state, or for the run that has the instance; nil where it would not. Pure.
    static func refusal(of verb: Verb, in status: InstanceStatus, heldBy holder: RunRecord?) -> CloudError? {
        guard verb.claims, let holder, let operation = status.operation else { return verb.refusal(in: status.state, of: status.id) }
        let busy = CloudError(.busy, ["object": status.id.text, "operation": operation.text])
        guard verb.mayTakeOver(from: holder) else { return busy }
        return status.state == .destroyed || verb.interrupts ? verb.refusal(in: status.state, of: status.id) : nil
    }
}
