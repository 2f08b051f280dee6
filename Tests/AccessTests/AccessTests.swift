// SPDX-License-Identifier: Apache-2.0

import Access
import CloudModel
import Testing

/// Levels are monotone, the owner of record cannot lose theirs, and a foreign object answers exactly as an unknown one
/// (invariants I28 to I32).
@Suite struct AccessTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let owner = ID<UserKind>(bits: 0, 1)
    private static let person = ID<UserKind>(bits: 0, 2)
    private static let group = ID<GroupKind>(bits: 0, 1)
    private static let otherGroup = ID<GroupKind>(bits: 0, 2)
    private static let object = ID<InstanceKind>(bits: 0, 1).text

    private func principal(_ user: ID<UserKind> = person, _ groups: [ID<GroupKind>] = [group], _ role: SiteRole = .endUser) -> Principal {
        Principal(user: user, groups: groups, role: role)
    }
    private func grant(_ subject: String, _ level: Level, until: Timestamp? = nil, object: String = object) -> Grant {
        Grant(
            id: ID(bits: 0, 9), object: object, subject: subject, level: level, until: until, pinned: false, grantedBy: Self.owner)
    }
    private func facts(_ grants: [Grant]) -> AccessFacts { AccessFacts(object: Self.object, owner: Self.owner, grants: grants) }

    /// Every single grant, and none, and pairs of them.
    private var grantSets: [[Grant]] {
        let subjects = [Self.person.text, Self.group.text, Self.otherGroup.text, Self.owner.text, ID<UserKind>(bits: 0, 3).text]
        let ends: [Timestamp?] = [nil, Self.now - .seconds(1), Self.now, Self.now + .seconds(1)]
        let single = subjects.flatMap { subject in
            Level.allCases.flatMap { level in ends.map { grant(subject, level, until: $0) } }
        }
        return [[]] + single.map { [$0] } + zip(single, single.reversed()).map { [$0, $1] }
    }

    @Test func aHigherLevelMayAllThatALowerMay() {
        for verb in Verb.allCases {
            for role in SiteRole.allCases {
                let answers = Level.allCases.map { level in
                    Access.decide(principal(Self.person, [], role), verb, on: facts([grant(Self.person.text, level)]), at: Self.now)
                        == .allowed
                }
                #expect(answers == answers.sorted { !$0 && $1 }, "\(verb) \(role)")
            }
        }
    }

    @Test func takingAGrantAwayNeverAddsARight() {
        for grants in grantSets {
            for verb in Verb.allCases where Access.decide(principal(), verb, on: facts(grants), at: Self.now) != .allowed {
                for index in grants.indices {
                    var fewer = grants
                    fewer.remove(at: index)
                    #expect(Access.decide(principal(), verb, on: facts(fewer), at: Self.now) != .allowed)
                }
            }
        }
    }

    @Test func theOwnerOfRecordAlwaysHoldsOwner() {
        for grants in grantSets {
            #expect(Access.level(of: principal(Self.owner), on: facts(grants), at: Self.now) == .owner)
        }
    }

    @Test func whoOperatesHostsHoldsOwnerOnAll() {
        #expect(Access.level(of: principal(Self.person, [], .siteOperator), on: facts([]), at: Self.now) == .owner)
        for verb in Verb.allCases {
            #expect(Access.decide(principal(Self.person, [], .siteOperator), verb, on: facts([]), at: Self.now) == .allowed)
        }
    }

    @Test func aForeignObjectIsAnUnknownOne() {
        let unknown = Decision.refused(CloudError(.notFound, ["object": Self.object]))
        for grants in grantSets {
            let facts = facts(grants)
            let sees = Access.decide(principal(), .see, on: facts, at: Self.now) == .allowed
            #expect(sees == (Access.level(of: principal(), on: facts, at: Self.now) != nil))
            guard !sees else { continue }
            for verb in Verb.allCases { #expect(Access.decide(principal(), verb, on: facts, at: Self.now) == unknown) }
        }
    }

    @Test func whoSeesButMayNotIsToldTheLevel() {
        let seen = facts([grant(Self.group.text, .user)])
        let denied = CloudError(.denied, ["verb": "start", "object": Self.object, "needed": "operator"])
        #expect(Access.decide(principal(), .start, on: seen, at: Self.now) == .refused(denied))
        let owner = CloudError(.denied, ["verb": "destroy", "object": Self.object, "needed": "owner"])
        #expect(Access.decide(principal(), .destroy, on: facts([grant(Self.person.text, .operator)]), at: Self.now) == .refused(owner))
    }

    @Test func aGrantCountsForItsObjectItsSubjectsAndItsTime() {
        func level(_ grant: Grant) -> Level? { Access.level(of: principal(), on: facts([grant]), at: Self.now) }
        #expect(level(grant(Self.person.text, .operator)) == .operator)
        #expect(level(grant(Self.group.text, .owner)) == .owner)
        #expect(level(grant(Self.otherGroup.text, .owner)) == nil)
        #expect(level(grant(Self.person.text, .owner, object: "vm-other")) == nil)
        #expect(level(grant(Self.person.text, .user, until: Self.now + .milliseconds(1))) == .user)
        #expect(level(grant(Self.person.text, .user, until: Self.now)) == nil, "at its end a grant is over")
        let both = facts([grant(Self.person.text, .user), grant(Self.group.text, .operator)])
        #expect(Access.level(of: principal(), on: both, at: Self.now) == .operator)
    }

    @Test func aSitePermissionIsNeededBesidesTheLevel() {
        let mine = facts([grant(Self.person.text, .owner)])
        let denied = CloudError(.denied, ["verb": "create-template", "object": Self.object, "needed": "publish-template"])
        #expect(Access.decide(principal(), .createTemplate, on: mine, at: Self.now) == .refused(denied))
        #expect(Access.decide(principal(Self.person, [], .teacher), .createTemplate, on: mine, at: Self.now) == .allowed)
        #expect(Access.decide(principal(), .importImage) != .allowed)
        #expect(Access.decide(principal(Self.person, [], .teacher), .importImage) == .allowed)
        #expect(Access.decide(principal(), .create) == .allowed)
    }
}
