// SPDX-License-Identifier: Apache-2.0

import Access
public import CloudModel
import CloudStore
import CloudWorkflow
import Leases

extension Cloud {
    /// What a link renews.
    public struct RenewalOffer: Sendable, Hashable {
        /// The instance.
        public let instance: ID<InstanceKind>
        /// The owner who was told, and in whose name it renews.
        public let owner: ID<UserKind>
        /// Its name for people.
        public let name: DisplayName
        /// The dates as they are promised now.
        public let dates: LeaseDates
        /// The dates as they would be, renewed at this moment.
        public let renewed: LeaseDates
    }

    /// What a link would do; changes nothing. Throws `link-invalid`, whatever is wrong with it: whoever tries links learns nothing.
    public func renewalOffer(_ token: String) async throws -> RenewalOffer { try await offer(token).offer }

    /// Renews by a link, in the name of the owner who was told; gives the dates that are promised now. A link that was used renews again.
    /// Throws `link-invalid` as above, and where a course allows no renewal, that. ``serve()`` must be running, or come to run.
    public func renew(byLink token: String) async throws -> RenewalOffer {
        let (offer, owner) = try await offer(token)
        let now = world.clock.now()
        do {
            // Whoever has the link may use it without end. What moves nothing, or is refused, leaves no run either.
            let renews = try await world.store.read { view in
                let (before, after) = try view.renewal(of: offer.instance, for: owner, at: now)
                return before != after
            }
            if renews { _ = try await submit(RenewInstances(by: owner, instances: [offer.instance])) }
        } catch let refusal as CloudError where [.notFound, .denied, .stateForbids].contains(refusal.code) {
            throw CloudError(.linkInvalid)
        }
        let lease = try await world.store.read { try $0.leases.get(offer.instance) }
        return RenewalOffer(instance: offer.instance, owner: offer.owner, name: offer.name, dates: lease.dates, renewed: lease.dates)
    }

    private func offer(_ token: String) async throws -> (offer: RenewalOffer, owner: Principal) {
        let now = world.clock.now()
        guard let link = RenewalLink(token, world.sealer), now < link.until else { throw CloudError(.linkInvalid) }
        return try await world.store.read { view in
            guard let user = try view.users.find(link.owner), let instance = try view.instances.find(link.instance),
                let lease = try view.leases.find(link.instance), let state = try view.statuses.find(link.instance)?.state,
                Verb.renew.allowedStates?.contains(state) ?? true
            else { throw CloudError(.linkInvalid) }
            let owner = try view.principal(of: user)
            let facts = try view.accessFacts(of: instance.id.text, owner: instance.owner)
            // Who is no longer an owner was told of what is no longer theirs.
            guard Access.level(of: owner, on: facts, at: now) == .owner else { throw CloudError(.linkInvalid) }
            let course = try view.groups.find(instance.group)?.course
            let policy = try view.leasePolicies.get(lease.policy)
            let renewed = Leases.renewed(from: lease.dates, by: policy.intervals, within: course, at: now)
            let offer = RenewalOffer(instance: instance.id, owner: user.id, name: instance.name, dates: lease.dates, renewed: renewed)
            return (offer, owner)
        }
    }

    /// What the principal is to be told, in order of the ids.
    public func notices(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<NoticeView> {
        let page = try await world.store.read { view in
            try view.page(Notice.self, .id, [.equals(.recipient, .id(principal.user))], after: after, limit: limit)
        }
        return Page(
            elements: page.elements.map { NoticeView($0, link: RenewalLink($0).token(world.sealer)) }, next: page.next)
    }
}

/// A notice as whoever it is for reads it.
public struct NoticeView: Sendable, Hashable {
    /// The notice.
    public let notice: Notice
    /// The token of the link that renews without login, valid until the notice's date. Made when it is read, and stored nowhere: whoever
    /// has the store or a backup of it can renew nothing.
    public let link: String

    init(_ notice: Notice, link: String) {
        self.notice = notice
        self.link = link
    }
}
