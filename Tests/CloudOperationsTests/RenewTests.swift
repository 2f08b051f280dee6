// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// A renewal moves dates, and nothing else; rights are asked for instance and policy alike (invariants I25, I32).
@Suite struct RenewTests {
    private let lab = LeaseIntervals.lab
    private func lease(_ instance: ID<InstanceKind>, at site: Site) throws -> InstanceLease {
        try site.disk.read { try $0.leases.get(instance) }
    }
    private func renew(
        _ instances: [ID<InstanceKind>], by principal: Principal, policy: String? = nil, keep: Bool = false, force: Bool = false
    )
        -> RenewInstances
    {
        RenewInstances(by: principal, instances: instances, policy: policy.flatMap { ID($0) }, keepingPolicy: keep, force: force)
    }

    @Test func datesMoveAndTheRowsOfTheInstanceDoNot() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try site.disk.read { (try $0.instances.get(instance), try $0.statuses.get(instance)) }
        site.clock.advance(by: .seconds(3600))
        let result = try await site.cloud.perform(renew([instance], by: site.anna))
        let (now, after) = (site.clock.now(), try lease(instance, at: site))
        #expect(after.dates == LeaseDates(suspendAt: now + .seconds(5 * 3600), destroyAt: now + .seconds(7 * 86_400)))
        #expect(after.renewals == 1 && result.map(\.dates) == [after.dates])
        #expect(try site.disk.read { (try $0.instances.get(instance), try $0.statuses.get(instance)) } == before)
        let deeds = try await site.cloud.activities(of: instance, for: site.anna)
        #expect(deeds.first?.code == "renew" && deeds.first?.actor == site.anna.user && deeds.first?.parameters == ["policy": "lease-lab"])
    }

    @Test func anotherPolicyIsForOnceUnlessItIsKept() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-project"))
        let long = site.clock.now() + .seconds(30 * 86_400)
        #expect(try lease(instance, at: site).dates.suspendAt == long && lease(instance, at: site).policy.text == "lease-lab")
        _ = try await site.cloud.perform(renew([instance], by: site.anna))
        #expect(try lease(instance, at: site).dates.suspendAt == long, "no date moves earlier")
        _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-project", keep: true))
        #expect(try lease(instance, at: site).policy.text == "lease-project")
        _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-lab", force: true))
        #expect(try lease(instance, at: site).dates.suspendAt == site.clock.now() + .seconds(5 * 3600), "but where it is forced")
    }

    @Test func aPolicyMustBeOnesToUseButTheInstancesOwnIsAlwaysOffered() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let unknown = CloudError(.notFound, ["object": "lease-server"])
        await #expect(throws: unknown) { _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-server")) }
        #expect(try await site.cloud.list(LeasePolicy.self, for: site.anna).elements.map(\.id.text) == ["lease-lab", "lease-project"])
        #expect(try await site.cloud.list(LeasePolicy.self, for: site.admin).elements.count == 3)
        try await site.cloud.world.store.write { tx in _ = try tx.leases.change(instance) { $0.policy = try #require(ID("lease-server")) } }
        _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-server"))
        #expect(try lease(instance, at: site).dates.suspendAt == site.clock.now() + .seconds(365 * 86_400))
    }

    @Test func aClassIsRenewedAtOnceWithOneResultEach() async throws {
        let site = try await Site()
        let mine = try await site.make("mine", by: site.anna)
        let (foreign, dead) = (try await site.make("other", by: site.bela), try await site.make("gone", by: site.anna))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: dead))
        let result = try await site.cloud.perform(renew([foreign, dead, mine], by: site.anna, policy: "lease-project"))
        #expect(result.map { $0.refusal?.code } == [.notFound, .stateForbids, nil])
        #expect(try lease(mine, at: site).renewals == 1 && lease(foreign, at: site).renewals == 0)
        #expect(try await site.cloud.activities(of: foreign, for: site.bela).allSatisfy { $0.code != "renew" })
        site.clock.advance(by: .seconds(60))
        let all = try await site.cloud.perform(renew([mine, foreign], by: site.admin))
        #expect(all.allSatisfy { $0.refusal == nil } && Set(all.map(\.instance)).count == 2)
        for instance in [mine, foreign] {
            #expect(try await site.cloud.activities(of: instance, for: site.admin).contains { $0.code == "renew" })
        }
        func deeds() async throws -> [Int] {
            var counts: [Int] = []
            for instance in [mine, foreign] {
                counts.append(try await site.cloud.activities(of: instance, for: site.admin).filter { $0.code == "renew" }.count)
            }
            return counts
        }
        let before = try await deeds()
        let events = try await site.cloud.world.store.read { try $0.eventRange() }
        #expect(try await site.cloud.perform(renew([mine, foreign], by: site.admin)).allSatisfy { $0.refusal == nil && $0.dates != nil })
        #expect(try await deeds() == before, "what moves nothing is no news")
        #expect(try await site.cloud.world.store.read { try $0.eventRange() } == events)
        site.clock.advance(by: .seconds(60))
        _ = try await site.cloud.perform(renew([mine, foreign], by: site.admin))
        #expect(try await deeds() == [before[0], before[1] + 1], "the other is promised more already")
        for wrong in [[], [mine, mine]] {
            let refused = await #expect(throws: CloudError.self) { _ = try await site.cloud.perform(renew(wrong, by: site.anna)) }
            #expect(refused?.code == .invalidField)
        }
    }

    @Test func whoeverSeesOneOfASetIsToldOfThatOneAlone() async throws {
        let site = try await Site()
        let (mine, other) = (try await site.make("mine", by: site.anna), try await site.make("other", by: site.bela))
        _ = try await site.cloud.perform(renew([mine, other], by: site.admin))
        let run = try #require(try await site.cloud.operations(for: site.admin).first { $0.kind == RenewInstances.kind })
        let id: ID<OperationKind> = try #require(ID(run.id.text))
        #expect(try await site.cloud.operation(id, for: site.admin).unseen == [])
        #expect(try await site.cloud.operation(id, for: site.anna).unseen == [other.text])
    }

    @Test func whatIsBeingDestroyedIsNotRenewed() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.make("mine", by: site.anna)
        // As where its host does not answer for hours: the destroy has it, and its state is as before.
        try await confirmation { seen in
            probe.set(Boundary(.beforeCommit, "destroyed")) { _ in
                let refused = await #expect(throws: CloudError.self) {
                    _ = try await site.cloud.perform(renew([instance], by: site.anna))
                }
                #expect(refused?.code == .busy)
                seen()
            }
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        }
    }

    @Test func itWaitsForNoOtherVerbAndAnUndoneStartDoesNotTakeItBack() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.make("mine", by: site.anna)
        _ = try await HostWatch(cloud: site.cloud).pass()
        probe.set(Boundary(.beforeCommit, "ready")) { run in
            site.clock.advance(by: .seconds(60))
            _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-project"))
            throw CloudError(.unavailable, ["part": "a check"])
        }
        _ = try? await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try lease(instance, at: site).renewals == 1)
        #expect(try (lease(instance, at: site).dates.suspendAt ?? site.clock.now()) > site.clock.now() + .seconds(29 * 86_400))
    }

    @Test func manySmallMovesAreNoWayAroundTheLimit() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let year = Course(
            zone: "UTC", start: try #require(LocalDay("2026-01-01")), end: try #require(LocalDay("2026-12-31")), maximumRenewals: 1)
        try site.disk.write { tx in _ = try tx.groups.change(tx.instances.get(instance).group) { $0.course = year } }
        site.clock.advance(by: .seconds(600))
        _ = try await site.cloud.perform(renew([instance], by: site.anna))
        let promised = try lease(instance, at: site).dates
        // The first that would move the dates by a minute is refused, however often somebody asked in between.
        site.clock.advance(by: .seconds(59))
        _ = try await site.cloud.perform(renew([instance], by: site.anna))
        #expect(try lease(instance, at: site).dates == promised)
        for _ in 0..<3 {
            site.clock.advance(by: .seconds(50))
            let refused = await #expect(throws: CloudError.self) { _ = try await site.cloud.perform(renew([instance], by: site.anna)) }
            #expect(refused?.code == .renewalsExhausted)
        }
        #expect(try lease(instance, at: site).dates == promised)
    }

    @Test func aCourseClosesAndCounts() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let group = try site.disk.read { try $0.instances.get(instance).group }
        func teach(_ first: String, _ last: String, renewals: Int? = nil) throws {
            let course = Course(
                zone: "Europe/Budapest", start: try #require(LocalDay(first)), end: try #require(LocalDay(last)), maximumRenewals: renewals)
            try site.disk.write { tx in _ = try tx.groups.change(group) { $0.course = course } }
        }
        try teach("2026-01-01", "2026-01-06", renewals: 1)
        _ = try await site.cloud.perform(renew([instance], by: site.anna, policy: "lease-project", force: true))
        let end = Timestamp(seconds: 1_767_740_400)
        #expect(try lease(instance, at: site).dates == LeaseDates(suspendAt: end, destroyAt: end))
        // What moves nothing uses up nothing.
        _ = try await site.cloud.perform(renew([instance], by: site.anna))
        #expect(try lease(instance, at: site).renewals == 1)
        try teach("2026-01-01", "2026-06-30", renewals: 1)
        let exhausted = CloudError(.renewalsExhausted, ["group": group.text, "limit": "1"])
        await #expect(throws: exhausted) { _ = try await site.cloud.perform(renew([instance], by: site.anna)) }
        try teach("2025-09-01", "2025-12-20")
        for verb in 0..<3 {
            let refused = await #expect(throws: CloudError.self) {
                switch verb {
                case 0: _ = try await site.cloud.perform(renew([instance], by: site.anna))
                case 1: _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
                default: _ = try await site.make("another", by: site.anna)
                }
            }
            #expect(refused?.code == .courseClosed)
        }
    }
}
