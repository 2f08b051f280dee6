// SPDX-License-Identifier: Apache-2.0

import Access
import CloudModel
import CloudStore

extension StoreView {
    /// What a decision needs to know of an object.
    func accessFacts(of object: String, owner: ID<UserKind>) throws -> AccessFacts {
        AccessFacts(object: object, owner: owner, grants: try grants.all(.equals(.object, .text(object))))
    }

    /// Throws unless the principal may do the verb on the object: `not-found` where it may not even be seen.
    func require(_ principal: Principal, _ verb: Verb, on object: String, owner: ID<UserKind>, at now: Timestamp) throws {
        if case .refused(let refusal) = Access.decide(principal, verb, on: try accessFacts(of: object, owner: owner), at: now) {
            throw refusal
        }
    }

    /// The instance, if the principal may do the verb on it; a foreign one answers as an unknown one.
    func instance(_ id: ID<InstanceKind>, for verb: Verb, by principal: Principal, at now: Timestamp) throws -> Instance {
        let instance = try instances.get(id)
        try require(principal, verb, on: id.text, owner: instance.owner, at: now)
        return instance
    }

    /// The group that a principal's resources are charged to: one of theirs, or the personal one.
    func chargedGroup(_ asked: ID<GroupKind>?, of principal: Principal) throws -> ID<GroupKind> {
        guard let asked else { return try users.get(principal.user).personalGroup }
        guard principal.groups.contains(asked) else { throw CloudError(.notFound, ["object": asked.text]) }
        return asked
    }
}

/// Throws unless the principal's role carries what a verb needs that is about no object yet.
func require(_ principal: Principal, _ verb: Verb) throws(CloudError) {
    if case .refused(let refusal) = Access.decide(principal, verb) { throw refusal }
}
