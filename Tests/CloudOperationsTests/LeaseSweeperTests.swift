// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

@testable import CloudOperations

/// Leases are kept over days and years of simulated time, pass by pass as a manager makes them (invariants I23, I24, I26).
@Suite struct LeaseSweeperTests {
    /// These managers look every ten minutes or every hour, and are not away in between.
    private static let slow: Settings = {
        var settings = Settings()
        settings.absenceAfter = .seconds(7200)
        return settings
    }()

    private func lease(_ instance: ID<InstanceKind>, at site: Site) throws -> InstanceLease {
        try site.disk.read { try $0.leases.get(instance) }
    }
    private func state(_ instance: ID<InstanceKind>, at site: Site) throws -> InstanceState {
        try site.disk.read { try $0.statuses.get(instance).state }
    }
    private func notices(at site: Site) throws -> [Notice] {
        try site.disk.read { try $0.notices.list(Query(order: .queuedAt)) }
    }

    /// Lives so long in steps, with the passes of a manager wherever one is on; gives what the sweeper did and when.
    private func live(
        _ site: Site, for duration: Duration, every step: Duration = .seconds(600), isOn: (Timestamp) -> Bool = { _ in true }
    ) async throws -> [(at: Timestamp, report: LeaseSweeper.Report)] {
        let end = site.clock.now() + duration
        var reports: [(Timestamp, LeaseSweeper.Report)] = []
        while site.clock.now() < end {
            site.clock.advance(by: step)
            guard isOn(site.clock.now()) else { continue }
            let now = site.clock.now()
            _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
            let report = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
            reports.append((now, report))
        }
        return reports
    }

    @Test func aLabIsToldSuspendedAndDestroyedInItsTimeAndTheOwnerReadsOfIt() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.launch("mine", by: site.anna)[0]
        let dates = try lease(instance, at: site).dates
        let reports = try await live(site, for: .seconds(7 * 86_400 + 3600))
        let suspended = try #require(reports.first { $0.report.suspended == [instance] })
        let destroyed = try #require(reports.first { $0.report.destroyed == [instance] })
        #expect(suspended.at - (dates.suspendAt ?? site.clock.now()) < .seconds(600) && suspended.at >= (dates.suspendAt ?? suspended.at))
        #expect(destroyed.at >= (dates.destroyAt ?? destroyed.at) && destroyed.at - (dates.destroyAt ?? destroyed.at) <= .seconds(1200))
        #expect(try state(instance, at: site) == .destroyed)
        let told = try notices(at: site)
        // The last word before the suspension is due three minutes before it, and this manager looks every ten.
        #expect(told.map(\.code) == ["lease.suspend", "lease.destroy", "lease.destroy"])
        #expect(told.allSatisfy { $0.recipient == site.anna.user && $0.deliveredAt == nil && $0.parameters["name"] == "mine" })
        #expect(try await site.cloud.notices(for: site.anna).elements.count == 3)
        #expect(try await site.cloud.notices(for: site.bela).elements.isEmpty)
        let deeds = try await site.cloud.activities(of: instance, for: site.anna)
        #expect(
            deeds.filter { $0.code == "lease.destroy-soon" }.count == 2
                && deeds.filter { $0.code == "destroy" }.allSatisfy { $0.actor == nil })
        // Whoever follows the events hears of each notice when it is given.
        let news = try await site.cloud.events(after: 0, limit: 500, for: site.anna).events.map(\.event)
            .filter { $0.code.hasPrefix("lease.") }
        #expect(news.map(\.code) == ["lease.suspend-soon", "lease.destroy-soon", "lease.destroy-soon"])
        #expect(news.map(\.at) == told.map(\.queuedAt) && news.allSatisfy { $0.object == instance.text })
        let after = try await live(site, for: .seconds(86_400))
        #expect(after.allSatisfy { $0.report.told.isEmpty && $0.report.destroyed.isEmpty && $0.report.refused.isEmpty })
    }

    @Test func everyOwnerIsToldAndNobodyElse() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.make("mine", by: site.anna)
        let group = try site.disk.read { try $0.users.get(site.admin.user).personalGroup }
        try site.disk.write { tx in
            for (number, subject, level) in [(1, site.bela.user.text, Level.operator), (2, group.text, .owner)] {
                try tx.grants.insert(
                    Grant(
                        id: ID(bits: 9, UInt64(number)), object: instance.text, subject: subject, level: level, until: nil, pinned: false,
                        grantedBy: site.anna.user))
            }
        }
        _ = try await live(site, for: .seconds(7 * 86_400 - 7200))
        #expect(Set(try notices(at: site).map(\.recipient)) == [site.anna.user, site.admin.user])
    }

    @Test func ninetyDaysOfAbsenceMoveWhatFellInsideThemAndNothingElse() async throws {
        let site = try await Site(settings: Self.slow)
        let lab = try await site.launch("lab", by: site.anna)[0]
        let project = try await site.make("project", by: site.anna)
        _ = try await site.cloud.perform(
            RenewInstances(by: site.anna, instances: [project], policy: ID("lease-project"), keepingPolicy: true))
        _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        let (labDates, projectDates) = (try lease(lab, at: site).dates, try lease(project, at: site).dates)
        site.clock.advance(by: .seconds(90 * 86_400))
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        let now = site.clock.now()
        let back = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        let due = now + .seconds(60_480)
        #expect(back.moved == [lab] && back.suspended == [lab] && back.destroyed.isEmpty && back.alarms.isEmpty)
        #expect(back.away == .seconds(90 * 86_400))
        #expect(try lease(lab, at: site).dates == LeaseDates(suspendAt: labDates.suspendAt, destroyAt: due))
        #expect(try lease(project, at: site).dates == projectDates)
        let reports = try await live(site, for: .seconds(2 * 86_400))
        let destroyed = try #require(reports.first { $0.report.destroyed == [lab] })
        #expect(destroyed.at >= due && destroyed.at <= due + .seconds(1800))
        #expect(try state(project, at: site) == .pending)
    }

    /// Off from eight in the evening to eight in the morning, for three weeks.
    @Test func aManagerThatIsOffEveryNightDestroysNothingUnannouncedAndSuspendsInTheMorning() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.launch("mine", by: site.anna)[0]
        site.clock.advance(by: .seconds(9 * 3600))
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance], force: true))
        let quick = try await site.make("quick", by: site.anna)
        let policy = LeasePolicy(
            id: ID(bits: 5, 5), name: try DisplayName("quick"), owner: site.anna.user,
            intervals: LeaseIntervals(suspendAfter: .after(.seconds(3600)), destroyAfter: .after(.seconds(30 * 3600))))
        try site.disk.write { try $0.leasePolicies.insert(policy) }
        _ = try await site.cloud.perform(
            RenewInstances(by: site.anna, instances: [quick], policy: policy.id, keepingPolicy: true, force: true))
        // 2026-01-05T09:00:00Z is where the clock begins.
        let reports = try await live(site, for: .seconds(21 * 86_400)) { (9..<20).contains($0.milliseconds / 3_600_000 % 24) }
        #expect(reports.filter { $0.report.away != nil }.count >= 20)
        let suspended = try #require(reports.first { $0.report.suspended == [instance] })
        #expect(suspended.at.milliseconds / 3_600_000 % 24 == 9, "the date was at night, it is done in the morning")
        #expect(reports.contains { $0.report.destroyed == [quick] }, "three hours of lead are had in a day")
        for gone in reports.flatMap({ report in report.report.destroyed.map { ($0, report.at) } }) {
            let told = try notices(at: site).filter { $0.instance == gone.0 && $0.code == "lease.destroy" }
            let lead = try lease(gone.0, at: site).warnings.destroy?.lead ?? .zero
            #expect(told.contains { gone.1 - $0.queuedAt >= lead }, "\(gone)")
        }
    }

    @Test func aYearAheadRaisesAnAlarmAndDestroysNothingUntilItIsCleared() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.make("mine", by: site.anna)
        _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        site.clock.advance(by: .seconds(365 * 86_400))
        let reports = try await live(site, for: .seconds(3 * 86_400))
        #expect(reports.allSatisfy { $0.report.destroyed.isEmpty && $0.report.alarms.map(\.code) == ["clock-ahead"] })
        #expect(reports.contains { $0.report.isOverBudget })
        #expect(try state(instance, at: site) == .pending)
        let activities = try site.disk.read { try $0.activities.all(.equals(.object, .text("clock"))) }
        #expect(activities.map(\.code) == ["alarm.clock-ahead"])
        await #expect(throws: CloudError(.notFound, ["object": "clock"])) { _ = try await site.cloud.clearAlarm("clock", by: site.anna) }
        _ = try await site.cloud.clearAlarm("clock", by: site.admin)
        #expect(try await live(site, for: .seconds(2 * 3600)).contains { $0.report.destroyed == [instance] })
    }

    @Test func aClockThatWentBackRaisesAnAlarmAndNothingIsDestroyed() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.make("mine", by: site.anna)
        _ = try await live(site, for: .seconds(7 * 86_400 - 3600))
        // What the last manager wrote was two hours after what the clock shows now.
        let ahead = site.clock.now() + .seconds(2 * 3600)
        try site.disk.write { tx in
            for var beat in try tx.heartbeats.rows.list(Query()) {
                beat.at = ahead
                try tx.heartbeats.update(beat)
            }
        }
        let reports = try await live(site, for: .seconds(90 * 60))
        #expect(reports.allSatisfy { $0.report.alarms.map(\.code) == ["clock-back"] && $0.report.destroyed.isEmpty })
        #expect(try state(instance, at: site) == .pending)
        _ = try await site.cloud.clearAlarm("clock", by: site.admin)
        #expect(try await live(site, for: .seconds(3600)).contains { $0.report.destroyed == [instance] })
    }

    @Test func moreThanTheBudgetIsAnAlarmUntilAnOperatorRaisesIt() async throws {
        let site = try await Site(settings: Self.slow)
        var made: [ID<InstanceKind>] = []
        for number in 0..<24 { made.append(try await site.make("lab-\(number)", by: site.anna)) }
        let reports = try await live(site, for: .seconds(7 * 86_400 + 6 * 3600))
        let destroyed = reports.flatMap(\.report.destroyed)
        #expect(destroyed.count == 12, "half of all in an hour, and then no more in any hour")
        #expect(reports.last?.report.alarms.map(\.code) == ["over-budget"])
        _ = try await site.cloud.clearAlarm("destroy", allowing: 12, by: site.admin)
        let rest = try await live(site, for: .seconds(2 * 3600)).flatMap(\.report.destroyed)
        #expect(Set(destroyed + rest) == Set(made))
    }

    @Test func neverIsNeverAndForeverIsQuiet() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.launch("mine", by: site.anna)[0]
        let never = LeasePolicy(
            id: ID(bits: 5, 5), name: try DisplayName("never"), owner: site.anna.user,
            intervals: LeaseIntervals(suspendAfter: .never, destroyAfter: .never))
        try site.disk.write { try $0.leasePolicies.insert(never) }
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance], policy: never.id))
        let reports = try await live(site, for: .seconds(400 * 86_400), every: .seconds(86_400))
        #expect(
            reports.allSatisfy {
                $0.report.told.isEmpty && $0.report.suspended.isEmpty && $0.report.destroyed.isEmpty && $0.report.moved.isEmpty
            })
        #expect(try state(instance, at: site) == .running)
    }

    /// The course ends in the night in which the clocks go forward.
    @Test func atTheEndOfACourseItsMachinesGoAcrossDaylightSaving() async throws {
        let site = try await Site(settings: Self.slow)
        let group = try site.disk.read { try $0.users.get(site.anna.user).personalGroup }
        let course = Course(
            zone: "Europe/Budapest", start: try #require(LocalDay("2026-01-05")), end: try #require(LocalDay("2026-03-29")))
        try site.disk.write { tx in _ = try tx.groups.change(group) { $0.course = course } }
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance], policy: ID("lease-project"), force: true))
        _ = try await live(site, for: .seconds(29 * 86_400), every: .seconds(3600))
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance], policy: ID("lease-project")))
        _ = try await live(site, for: .seconds(29 * 86_400), every: .seconds(3600))
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance], policy: ID("lease-project")))
        // 2026-03-30T00:00 in Budapest, in summer time by then.
        let end = Timestamp(seconds: 1_774_821_600)
        #expect(try lease(instance, at: site).dates == LeaseDates(suspendAt: end, destroyAt: end))
        let reports = try await live(site, for: .seconds(30 * 86_400), every: .seconds(3600))
        let destroyed = try #require(reports.first { $0.report.destroyed == [instance] })
        #expect(destroyed.at >= end && destroyed.at <= end + .seconds(2 * 3600))
    }

    @Test func aPausedMachineIsSuspendedAtItsDateAndRunsWhenItIsWoken() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance))
        let date = try #require(try lease(instance, at: site).dates.suspendAt)
        let reports = try await live(site, for: .seconds(6 * 3600))
        let suspended = try #require(reports.first { $0.report.suspended == [instance] })
        #expect(suspended.at >= date && suspended.at - date <= .seconds(600))
        #expect(try state(instance, at: site) == .suspended && site.host.guests.snapshot().guests[instance] == nil)
        _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        #expect(try state(instance, at: site) == .running)
    }

    /// A look takes so many leases and no more; those that verbs have must not take the places of all others for ever.
    @Test func thoseThatVerbsHaveLetTheOthersHaveTheirTurn() async throws {
        let site = try await Site(settings: Self.slow)
        let instance = try await site.launch("mine", by: site.anna)[0]
        let date = try #require(try lease(instance, at: site).dates.suspendAt)
        try site.disk.write { tx in
            let (row, status, lease) = (try tx.instances.get(instance), try tx.statuses.get(instance), try tx.leases.get(instance))
            for number in 1...UInt64(LeaseSweeper.budget) {
                var (row, status, lease) = (row, status, lease)
                let id = ID<InstanceKind>(bits: 7, number)
                (row.id, status.id, lease.id) = (id, id, id)
                row.name = try DisplayName("held-\(number)")
                status.operation = ID(bits: 7, 7)
                lease.lookAt = date - .seconds(3600)
                try tx.instances.insert(row)
                try tx.statuses.insert(status)
                try tx.leases.insert(lease)
            }
        }
        site.clock.advance(by: date - site.clock.now() + .seconds(1))
        _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        site.clock.advance(by: .seconds(1))
        let report = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        #expect(report.suspended == [instance])
        site.clock.advance(by: .seconds(60))
        let free = ID<InstanceKind>(bits: 7, 1)
        try site.disk.write { tx in _ = try tx.statuses.change(free) { $0.operation = nil } }
        _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        #expect(try lease(free, at: site).failures == 1, "its turn comes when it is free")
    }

    @Test func aRenewalAtTheLastMomentIsNoticed() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe, settings: Self.slow)
        let instance = try await site.make("mine", by: site.anna)
        _ = try await live(site, for: .seconds(7 * 86_400 - 600))
        site.clock.advance(by: .seconds(1200))
        probe.set(Boundary(.beforeCommit, "claim")) { _ in
            _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance]))
        }
        let report = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        #expect(report.destroyed.isEmpty && report.refused.isEmpty)
        #expect(
            try state(instance, at: site) == .pending
                && lease(instance, at: site).dates.destroyAt == site.clock.now() + .seconds(7 * 86_400))
    }

    @Test func whatCannotBeBegunTakesNothingOfTheBudget() async throws {
        var settings = Self.slow
        settings.destroyedInAnHour = 2
        let site = try await Site(settings: settings)
        let made = [try await site.make("one", by: site.anna), try await site.make("two", by: site.anna)]
        // An instance without its disk is refused by every verb.
        try site.disk.write { tx in
            for disk in try tx.disks.all(.equals(.instance, .id(made[0]))) { try tx.disks.delete(disk.id) }
            try tx.leases.change(made[0]) { row in
                row.dates = LeaseDates(suspendAt: row.dates.suspendAt, destroyAt: row.dates.destroyAt.map { $0 - .seconds(1) })
            }
        }
        let reports = try await live(site, for: .seconds(7 * 86_400 + 7200))
        #expect(reports.contains { $0.report.refused.keys.contains(made[0]) })
        #expect(reports.flatMap(\.report.destroyed) == [made[1]])
        #expect(reports.allSatisfy { $0.report.alarms.isEmpty && !$0.report.isOverBudget })
        #expect(try site.disk.read { try $0.destructionBudgets.find(key: "destroy")?.taken } == 1)
    }

    @Test func aLeaseThatCannotBeReadHoldsUpNoOther() async throws {
        let site = try await Site(settings: Self.slow)
        let made = [try await site.make("one", by: site.anna), try await site.make("two", by: site.anna)]
        _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        try site.disk.write { tx in
            for var row in try tx.list(BrokenLease.self, Query()) where row.id == made[0].text {
                row.policy = "what nobody can read"
                try tx.update(row)
            }
        }
        // Also while somebody was away, when every lease is looked at; and an instance that cannot be read is passed over as well.
        let third = try await site.make("three", by: site.anna)
        try site.disk.write { tx in
            for var row in try tx.list(BrokenInstance.self, Query()) where row.id == third.text {
                row.template = "what nobody can read"
                try tx.update(row)
            }
        }
        site.clock.advance(by: .seconds(86_400))
        let back = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
        #expect(back.away != nil && Set(back.refused.keys) == [made[0], third])
        let reports = try await live(site, for: .seconds(7 * 86_400 + 7200), every: .seconds(3600))
        #expect(reports.flatMap(\.report.destroyed) == [made[1]])
        #expect(reports.allSatisfy { Set($0.report.refused.keys) == [made[0], third] })
    }

    @Test func aRecordThatCannotBeReadAndAHostThatIsAwayHoldUpNoOther() async throws {
        let site = try await Site(settings: Self.slow)
        let made = [
            try await site.make("one", by: site.anna), try await site.make("two", by: site.anna),
            try await site.make("three", by: site.anna),
        ]
        try site.disk.write { try $0.delete(InstanceStatus.self, made[0].text) }
        let held = ID<OperationKind>(bits: 0, 5)
        try site.disk.write { tx in _ = try tx.statuses.change(made[1]) { $0.operation = held } }
        let reports = try await live(site, for: .seconds(7 * 86_400 + 7200), every: .seconds(3600))
        #expect(reports.last?.report.refused.keys.map { $0 } == [made[0]])
        #expect(try state(made[2], at: site) == .destroyed && state(made[1], at: site) == .pending, "what a verb has is left to it")
        #expect(reports.last?.report.news(since: nil).count == 1 && reports.last?.report.news(since: reports.last?.report).isEmpty == true)
    }
}

/// A lease's row with a text where an id belongs.
private struct BrokenLease: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, policy }
    typealias CodingKeys = Column
    static var table: String { "leases" }
    var id: String
    var version: Int64
    var policy: String
    var key: String { id }
}

/// An instance's row with a text where an id belongs.
private struct BrokenInstance: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, template }
    typealias CodingKeys = Column
    static var table: String { "instances" }
    var id: String
    var version: Int64
    var template: String
    var key: String { id }
}
