// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What a decision about one object needs to know of it.
public struct AccessFacts: Hashable, Sendable {
    /// The object's id.
    public let object: String
    /// The owner of record: always holds owner level.
    public let owner: ID<UserKind>
    /// The grants on the object.
    public let grants: [Grant]
    /// The facts of an object.
    public init(object: String, owner: ID<UserKind>, grants: [Grant]) {
        self.object = object
        self.owner = owner
        self.grants = grants
    }
}

/// An answer: yes, or the sentence why not.
public enum Decision: Hashable, Sendable {
    /// May.
    case allowed
    /// May not, and why.
    case refused(CloudError)
}

/// The one place where rights are decided: for verbs, for lists and for event streams.
public enum Access {
    /// The level that a principal holds on an object at a moment; nil for none.
    ///
    /// The owner of record and site operators (`operate-hosts`) hold *owner*; besides, the highest of the grants to the person or to
    /// one of their groups that have not ended.
    public static func level(of principal: Principal, on object: AccessFacts, at now: Timestamp) -> Level? {
        if object.owner == principal.user || principal.holds(.operateHosts) { return .owner }
        let subjects = Set(principal.subjects)
        return object.grants.filter { grant in
            grant.object == object.object && subjects.contains(grant.subject) && grant.until.map { $0 > now } ?? true
        }.map(\.level).max()
    }

    /// Whether a principal may do a verb on an object. A foreign object answers as an unknown one (`not-found`); where it may be seen
    /// but the verb not, the answer is `denied` and names the level or the permission that is missing.
    public static func decide(_ principal: Principal, _ verb: Verb, on object: AccessFacts, at now: Timestamp) -> Decision {
        guard let level = level(of: principal, on: object, at: now) else {
            return .refused(CloudError(.notFound, ["object": object.object]))
        }
        if let permission = verb.permission, !principal.holds(permission) {
            return .refused(CloudError(.denied, ["verb": verb.rawValue, "object": object.object, "needed": permission.rawValue]))
        }
        guard level >= verb.level else {
            return .refused(CloudError(.denied, ["verb": verb.rawValue, "object": object.object, "needed": verb.level.rawValue]))
        }
        return .allowed
    }

    /// Whether a principal may do a verb that makes something new and is about no object yet: the site permission alone.
    public static func decide(_ principal: Principal, _ verb: Verb) -> Decision {
        guard let permission = verb.permission, !principal.holds(permission) else { return .allowed }
        return .refused(CloudError(.denied, ["verb": verb.rawValue, "object": "the site", "needed": permission.rawValue]))
    }
}
