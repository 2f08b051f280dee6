// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Hypervisor
import Synchronization
import Testing

@testable import CloudOperations

/// The records follow what is seen, and never what was seen before a verb changed it (invariants I12, I15).
@Suite struct HostWatchTests {
    private func status(_ instance: ID<InstanceKind>, at site: Site) throws -> InstanceStatus {
        try site.disk.read { try $0.statuses.get(instance) }
    }

    @Test func aGuestThatEndsByItselfIsSettledAndItsHostReleased() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        try site.host.guests.shutDownFromInside(made[0])
        try site.host.guests.crash(made[1])
        site.clock.advance(by: .seconds(5))
        let report = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(report.settled == made[0...1].sorted() && report.unsettled.isEmpty && report.orphans.isEmpty)
        #expect(try status(made[0], at: site).state == .stopped && status(made[0], at: site).failure == nil)
        #expect(try status(made[1], at: site).state == .failed && status(made[1], at: site).failure?.code == .guestLost)
        #expect(try status(made[2], at: site).state == .running)
        #expect(try site.disk.read { try $0.claims.all().map(\.id) } == [made[2]])
        let deeds = try await site.cloud.activities(of: made[0], for: site.anna)
        #expect(deeds.first?.code == "settle" && deeds.first?.actor == nil, "the cloud did it, and nobody else")
        #expect(try await HostWatch(cloud: site.cloud).pass(driving: true).settled.isEmpty, "once is enough")
    }

    @Test func aRowThatCannotBeReadHoldsUpNoOtherOfItsHost() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 4, by: site.anna)
        let mend = try site.breakStatus(of: made[0])
        try site.host.guests.crash(made[1])
        // Older than any word that still counts.
        site.clock.advance(by: .seconds(20))
        let report = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(report.heard == [SimulatedSite.host] && report.settled == [made[1]] && report.orphans.isEmpty && report.doubted.isEmpty)
        #expect(Array(report.unsettled.keys) == [made[0]])
        #expect((report.unsettled[made[0]] as? CloudError)?.isUnreadableRow == true)
        #expect(try site.disk.read { try $0.evidence.get(SimulatedSite.host).seenAt } == site.clock.now())
        #expect(try await site.cloud.instance(made[2], for: site.anna).shown == .known(.running))
        #expect(try await site.launch("next", by: site.bela).count == 1, "a machine is placed by the host's word")
        #expect(report.news(of: SimulatedSite.host, since: nil).count == 1)

        // What was seen of one before cannot be read either: its status follows what is seen now.
        try site.breakSighting(of: made[2])
        try site.host.guests.pauseByFullDisk(made[2])
        site.clock.advance(by: .seconds(3))
        let next = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(next.turned == [made[2]] && Set(next.unsettled.keys) == [made[0], made[2]] && next.orphans.isEmpty)
        #expect(next.news(of: SimulatedSite.host, since: report).count == 1, "each is told once")
        site.clock.advance(by: .seconds(3))
        let third = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(third.news(of: SimulatedSite.host, since: next).isEmpty && third.unsettled.count == 2)

        try mend()
        try site.host.guests.crash(made[0])
        site.clock.advance(by: .seconds(3))
        let after = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(after.settled == [made[0]] && Array(after.unsettled.keys) == [made[2]])
    }

    @Test func aHostThatIsSilentMakesItsInstancesUnknownAndNothingElse() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": "host-1"])) { _ in true }
        site.stage.interference.set(Interference(hurdles: [away]))
        site.clock.advance(by: .seconds(16))
        let report = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(report.heard.isEmpty && Array(report.silent.keys) == [SimulatedSite.host])
        guard case .unknown(last: .running, _) = try await site.cloud.instance(instance, for: site.anna).shown else {
            Issue.record("not shown as unknown")
            return
        }
        site.stage.interference.set(Interference())
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.running))
    }

    @Test func whatAHostSeesIsShownWhileItHoldsTheInstance() async throws {
        let site = try await Site()
        func seen(_ instance: ID<InstanceKind>) async throws -> (power: String, seenAt: Timestamp)? {
            try await site.cloud.instance(instance, for: site.anna).seen.map { ($0.power, $0.seenAt) }
        }
        func pass() async throws {
            site.clock.advance(by: .seconds(3))
            _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        }
        let instance = try await site.launch("mine", by: site.anna)[0]
        #expect(try await seen(instance) == nil, "nobody has looked yet")
        try await pass()
        #expect(try await seen(instance)?.power == "running")
        try site.host.guests.pauseByFullDisk(instance)
        try await pass()
        let since = site.clock.now()
        try await pass()
        let view = try await site.cloud.instance(instance, for: site.anna)
        #expect(view.shown == .known(.paused) && view.seen?.power == "paused" && view.seen?.seenAt == since)
        #expect(try await site.cloud.instances(for: site.anna).elements.map(\.seen) == [view.seen])
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(try await seen(instance) == nil, "no host holds it")
        site.clock.advance(by: .seconds(3))
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try await seen(instance) == nil, "what was seen is of another guest")
        try await pass()
        #expect(try await seen(instance)?.power == "running")
    }

    /// A full store pauses the guest, and nothing is lost: the row follows with the reason, and follows again when it goes on.
    @Test func aGuestThatIsPausedByItsHostIsSeenSoWithTheReasonAndGoesOn() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let readyAt = try status(instance, at: site).readyAt
        func pass() async throws -> HostWatch.Report {
            site.clock.advance(by: .seconds(3))
            return try await HostWatch(cloud: site.cloud).pass(driving: true)
        }
        try site.host.guests.pauseByFullDisk(instance)
        #expect(try await pass().turned == [instance])
        let reason = CloudError(.guestPaused, ["instance": instance.text, "reason": "the store of its disk is full"])
        var row = try status(instance, at: site)
        #expect(row.state == .paused && row.failure == reason && row.operation == nil && row.readyAt == readyAt)
        #expect(try site.disk.read { try $0.claims.find(instance) } != nil, "its host holds it as before")
        #expect(try await pass().turned.isEmpty, "once is enough")
        var deeds = try await site.cloud.activities(of: instance, for: site.anna)
        #expect(deeds.filter { $0.code == "instance.paused" }.map(\.outcome) == [reason] && deeds.allSatisfy { $0.code != "settle" })
        let codes = try await site.cloud.events(after: 0, limit: 500, for: site.anna).events.map(\.event.code)
        #expect(codes.count { $0 == "instance.paused" } == 1)

        // There is room again, and it is resumed; then its host pauses it once more, and somebody lets it go on there.
        _ = try await site.cloud.perform(ResumeInstance(by: site.anna, instance: instance))
        row = try status(instance, at: site)
        #expect(row.state == .running && row.failure == nil && row.readyAt == readyAt)
        try site.host.guests.pauseByFullDisk(instance)
        #expect(try await pass().turned == [instance])
        try site.host.guests.resumeByHand(instance)
        #expect(try await pass().turned == [instance])
        row = try status(instance, at: site)
        #expect(row.state == .running && row.failure == nil && row.readyAt == readyAt)
        deeds = try await site.cloud.activities(of: instance, for: site.anna)
        #expect(deeds.count { $0.code == "instance.resumed" } == 1)
    }

    @Test func whatPausedIsLeftToTheVerbThatHasIt() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("mine", by: site.anna)[0]
        probe.set(Boundary(.afterEffect, "pause")) { _ in
            let turned = try await HostWatch(cloud: site.cloud).pass(driving: true).turned
            #expect(turned.isEmpty)
            let seen = try await site.cloud.instance(instance, for: site.anna).seen
            #expect(seen?.power == "paused", "what is seen is said all the same")
            site.clock.advance(by: .seconds(1))
        }
        _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance))
        #expect(try await HostWatch(cloud: site.cloud).pass(driving: true).turned.isEmpty, "the row says so already")
        #expect(try await site.cloud.instance(instance, for: site.anna).seen?.power == "paused")
        #expect(try status(instance, at: site).failure == nil)
    }

    /// A guest that stands still hears nobody: who waits for it is told so at once, and it is free to be resumed or forced off.
    @Test(arguments: [Verb.shutDown, .reboot, .resize, .saveAsTemplate])
    func whoWaitsForAGuestThatIsPausedWaitsNoMore(verb: Verb) async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setObedience(false, of: instance)
        let ids = site.cloud.world.ids
        let operation: any CloudOperation =
            switch verb {
            case .reboot: RebootInstance(by: site.anna, instance: instance)
            case .resize:
                ResizeInstance(by: site.anna, instance: instance, cpus: nil, memory: .mebibytes(256), restart: ids.next(OperationKind.self))
            case .saveAsTemplate:
                SaveAsTemplate(
                    by: site.anna, instance: instance, template: ids.next(TemplateKind.self), name: try DisplayName("saved"),
                    image: ids.next(ImageKind.self))
            default: ShutDownInstance(by: site.anna, instance: instance)
            }
        let what = verb == .reboot ? "reboot" : "shut down"
        probe.set(Boundary(.beforeEffect, "wait for the guest to \(what)")) { run in
            try site.host.guests.pauseByFullDisk(instance)
            site.clock.advance(by: .seconds(3))
            let report = try await HostWatch(cloud: site.cloud).pass(driving: true)
            #expect(report.turned.isEmpty, "the row is the verb's")
            let view = try await site.cloud.instance(instance, for: site.anna)
            #expect(view.shown == .known(.running) && view.seen?.power == "paused" && view.status.operation?.text == run.text)
        }
        let reason = CloudError(.guestPaused, ["instance": instance.text, "reason": "the store of its disk is full"])
        let begun = site.clock.now()
        let refused = await #expect(throws: RunRefused.self) { try await perform(operation, at: site) }
        #expect(refused.map { CloudError($0.failure) } == reason)
        #expect(site.clock.now() - begun < .seconds(10), "the limit is 90 s")
        try await expectFreeAndResumable(instance, reason, at: site)
    }

    /// And so is who waits for one to be ready: it runs, is not ready because it is paused, and is free at once.
    @Test(arguments: [Verb.start, .wake, .reset, .reboot]) func aGuestThatIsPausedBeforeItIsReadyIsSaidToBe(verb: Verb) async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("mine", by: site.anna)[0]
        if verb == .start { _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance)) }
        if verb == .wake { _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance)) }
        _ = try await HostWatch(cloud: site.cloud).pass()
        probe.set(Boundary(.beforeEffect, "wait for the guest to be ready")) { _ in try site.host.guests.pauseByFullDisk(instance) }
        let begun = site.clock.now()
        let output =
            switch verb {
            case .wake: try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
            case .reset: try await site.cloud.perform(ResetInstance(by: site.anna, instance: instance))
            case .reboot: try await site.cloud.perform(RebootInstance(by: site.anna, instance: instance))
            default: try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
            }
        let reason = CloudError(.guestPaused, ["instance": instance.text, "reason": "the store of its disk is full"])
        #expect(output.notReady == reason && output.readyMilliseconds == nil)
        #expect(site.clock.now() - begun < .seconds(60), "the limit is 300 s")
        #expect(try status(instance, at: site).state == .running && status(instance, at: site).readyAt == nil)
        #expect(try await site.cloud.activities(of: instance, for: site.anna).contains { $0.outcome == reason })
        site.clock.advance(by: .seconds(3))
        try await expectFreeAndResumable(instance, reason, at: site)
    }

    /// The next look writes the pause and why, nothing holds the instance, and it goes on when it is resumed.
    private func expectFreeAndResumable(_ instance: ID<InstanceKind>, _ reason: CloudError, at site: Site) async throws {
        #expect(try await HostWatch(cloud: site.cloud).pass(driving: true).turned == [instance])
        let row = try status(instance, at: site)
        #expect(row.state == .paused && row.failure == reason && row.operation == nil)
        _ = try await site.cloud.perform(ResumeInstance(by: site.anna, instance: instance))
        #expect(try status(instance, at: site).state == .running)
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
    }

    private func perform(_ operation: some CloudOperation, at site: Site) async throws { _ = try await site.cloud.perform(operation) }

    @Test(arguments: InstanceState.allCases) func whateverTurnsHasItsWay(state: InstanceState) throws {
        let id = ID<InstanceKind>(bits: 0, 1)
        let row = InstanceStatus(
            id: id, state: state, failure: nil, host: nil, fence: Fence(1), operation: nil, changedAt: Timestamp(seconds: 0), readyAt: nil)
        for power in GuestSighting.Power.allCases {
            for cause in [nil] + PauseCause.allCases {
                let seen = GuestSighting(instance: id, power: power, fence: Fence(1), cause: cause)
                guard let turn = GuestTurn(of: row, seen: seen) else { continue }
                #expect(state.after(turn.event)?.rawValue == power.rawValue && (turn.why == nil) == (power == .running))
            }
        }
        #expect(GuestTurn(of: row, seen: nil) == nil)
    }

    @Test func aReportThatIsOlderThanAVerbSettlesNothing() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        // The report is taken before the start, and arrives after it.
        let started = Mutex(false)
        let cloud = Mutex<Cloud?>(nil)
        let host = SimulatedHost(state: site.host.snapshot(), clock: site.clock) { call, _, phase in
            guard call == "host.report", phase == .after, !started.withLock({ $0 }) else { return }
            started.withLock { $0 = true }
            _ = try await cloud.withLock { $0 }?.perform(StartInstance(by: site.anna, instance: instance))
        }
        let world = SimulatedSite.world(store: site.disk, host: host, clock: site.clock, sources: SeededSources(seed: 9))
        let watched = Cloud(world: world, clock: site.clock.waiting)
        cloud.withLock { $0 = watched }
        let report = try await HostWatch(cloud: watched).pass(driving: true)
        #expect(started.withLock { $0 } && report.settled.isEmpty)
        #expect(try status(instance, at: site).state == .running && host.guests.snapshot().guests[instance]?.power == .running)
    }

    @Test func aSettlingLooksOnceMoreBeforeItCutsAnything() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try status(instance, at: site)
        await #expect(throws: RunRefused.self) {
            _ = try await site.cloud.perform(SettleInstance(instance, judgedAt: before.fence, failure: nil))
        }
        let after = try status(instance, at: site)
        #expect(after.state == .running && after.operation == nil && site.host.guests.snapshot().guests[instance]?.power == .running)
        let stale = CloudError(.fenceStale, ["fence": before.fence.description, "seen": after.fence.description, "object": instance.text])
        await #expect(throws: stale) {
            _ = try await site.cloud.perform(SettleInstance(instance, judgedAt: before.fence, failure: nil))
        }
    }

    // MARK: Machines that run though their records say that they do not

    @Test func aMachineThatRunsThoughItsRestoredRecordsSayThatItIsOffIsAdopted() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        site.clock.advance(by: .seconds(5))
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        try site.forgetStart(of: made[0])
        try site.forgetStart(of: made[1], was: .suspended)
        // It runs, so it counts, whatever she may have by now.
        try site.disk.write { tx in
            let account = try #require(try tx.quotas.rows.find(key: site.anna.user.text))
            try tx.quotas.update(QuotaAccount(id: account.id, version: account.version, limits: account.used, used: account.used))
        }
        let guests = site.host.guests.snapshot().guests
        site.clock.advance(by: .seconds(5))
        let report = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(report.adopted == made[0...1].sorted() && report.orphans.isEmpty && report.settled.isEmpty && report.unsettled.isEmpty)
        for instance in made[0...1] {
            let row = try status(instance, at: site)
            #expect(row.state == .running && row.host == SimulatedSite.host && row.operation == nil)
        }
        #expect(site.host.guests.snapshot().guests == guests, "nothing was done to them")
        #expect(try site.disk.read { try $0.miscounted() } == [])
        #expect(try site.disk.read { try $0.claims.all().count } == 3)
        #expect(try await site.cloud.activities(of: made[0], for: site.anna).first?.code == "adopt")
        let again = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(again.adopted.isEmpty && again.orphans.isEmpty)
        _ = try await FabricWatch(cloud: site.cloud).pass()
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
    }

    @Test func aReportThatIsOlderThanAStopAdoptsNobody() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        site.clock.advance(by: .seconds(5))
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        let off = Mutex(false)
        let cloud = Mutex<Cloud?>(nil)
        let host = SimulatedHost(state: site.host.snapshot(), clock: site.clock) { call, _, phase in
            guard call == "host.report", phase == .after, !off.withLock({ $0 }) else { return }
            off.withLock { $0 = true }
            site.clock.advance(by: .seconds(1))
            _ = try await cloud.withLock { $0 }?.perform(ForceOffInstance(by: site.anna, instance: instance))
        }
        let world = SimulatedSite.world(store: site.disk, host: host, clock: site.clock, sources: SeededSources(seed: 9))
        let watched = Cloud(world: world, clock: site.clock.waiting)
        cloud.withLock { $0 = watched }
        let deeds = { try await watched.activities(of: instance, for: site.anna).map(\.code) }
        let report = try await HostWatch(cloud: watched).pass(driving: true)
        #expect(off.withLock { $0 } && report.adopted.isEmpty)
        #expect(try status(instance, at: site).state == .stopped)
        #expect(try await !deeds().contains("adopt"))
    }

    @Test func anAdoptionLooksOnceMore() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.forgetStart(of: instance)
        try site.host.guests.crash(instance)
        let (before, quotas) = (try status(instance, at: site), try site.disk.read { try $0.quotas.all().map(\.used) })
        await #expect(throws: RunRefused.self) {
            _ = try await site.cloud.perform(AdoptInstance(instance, on: SimulatedSite.host, judgedAt: before.fence))
        }
        let after = try status(instance, at: site)
        #expect(after.state == .stopped && after.host == nil && after.operation == nil)
        #expect(try site.disk.read { try $0.quotas.all().map(\.used) } == quotas)
        await #expect(throws: CloudError.self) {
            _ = try await site.cloud.perform(AdoptInstance(instance, on: SimulatedSite.host, judgedAt: before.fence))
        }
    }

    @Test func noMoreThanTheBudgetIsSettledAtOnce() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let made = try await site.launchOneByOne(HostWatch.budget + 3, by: site.anna)
        for instance in made { try site.host.guests.crash(instance) }
        let report = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(report.settled.count == HostWatch.budget && report.isOverBudget)
        let rest = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(rest.settled.count == 3 && !rest.isOverBudget)
    }

    // MARK: Hosts that show their machines no more

    private func alarms(at site: Site) async throws -> [Alarm] { try await site.cloud.alarms(for: site.admin).elements }
    private func pass(at site: Site) async throws -> HostWatch.Report {
        site.clock.advance(by: .seconds(3))
        return try await HostWatch(cloud: site.cloud).pass(driving: true)
    }

    @Test func aHostThatShowsNoneOfItsMachinesIsAnAlarmAndNothingIsSettledUntilItShowsThemAgain() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna).sorted()
        let hidden = try site.host.guests.hide(made)
        for _ in 0..<3 {
            let report = try await pass(at: site)
            #expect(report.settled.isEmpty && report.unsettled.isEmpty && report.doubted == made)
        }
        let alarm = try #require(try await alarms(at: site).first)
        #expect(alarm.id == SimulatedSite.host.text && alarm.code == "guests-missing" && alarm.parameters == ["missing": "3", "of": "3"])
        for instance in made { #expect(try status(instance, at: site).state == .running) }
        #expect(try site.disk.read { try $0.claims.all().count } == 3, "what they hold stays theirs")
        #expect(try await site.cloud.instance(made[0], for: site.anna).seen?.power == "absent", "what is seen is said all the same")

        // While one is still missing the alarm stands, and that one is no more believed to be gone than before.
        try site.host.guests.show(hidden.filter { $0.key != made[2] })
        #expect(try await pass(at: site).doubted == [made[2]])
        #expect(try await alarms(at: site).count == 1)
        // What a verb has, and the host shows, is not missing.
        let verb = site.cloud.world.ids.next(OperationKind.self)
        try site.disk.write { tx in _ = try tx.statuses.change(made[0]) { $0.operation = verb } }
        try site.host.guests.show(hidden)
        let back = try await pass(at: site)
        try site.disk.write { tx in _ = try tx.statuses.change(made[0]) { $0.operation = nil } }
        #expect(back.doubted.isEmpty && back.settled.isEmpty)
        #expect(try await alarms(at: site).isEmpty, "nobody has to clear what is over by itself")
        let news = try await site.cloud.events(after: 0, limit: 500, for: site.admin).events.map(\.event)
        #expect(news.filter { $0.object == SimulatedSite.host.text }.map(\.code) == ["alarm.raised", "alarm.cleared"])
        // From now on one that is gone is gone again.
        _ = try site.host.guests.hide([made[0]])
        #expect(try await pass(at: site).settled == [made[0]])
        #expect(try status(made[0], at: site).state == .failed)
    }

    @Test func whatAnOperatorClearsIsSettledAndNoMoreThanWasSaid() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let made = try await site.launch("lab-%02d", count: 4, by: site.anna).sorted()
        _ = try site.host.guests.hide(made)
        #expect(try await pass(at: site).doubted == made)
        _ = try await site.cloud.clearAlarm(SimulatedSite.host.text, allowing: 1, by: site.admin)
        #expect(try await pass(at: site).settled == [made[0]])
        #expect(try await pass(at: site).settled.isEmpty)
        #expect(try await alarms(at: site).map(\.parameters) == [["missing": "3", "of": "3"]], "and the alarm is raised anew")
        _ = try await site.cloud.clearAlarm(SimulatedSite.host.text, by: site.admin)
        #expect(try await pass(at: site).settled == Array(made[1...]))
        #expect(try await pass(at: site).doubted.isEmpty)
        #expect(try await alarms(at: site).isEmpty)
        #expect(try site.disk.read { try $0.claims.all().isEmpty && $0.destructionBudgets.all().isEmpty })
        // The next time it is judged anew.
        let again = try await site.launch("again-%02d", count: 2, by: site.anna).sorted()
        _ = try site.host.guests.hide(again)
        #expect(try await pass(at: site).doubted == again)
    }

    @Test func moreThanTheBudgetMissingAtOnceIsAnAlarmAndFewerAmongOthersAreBelieved() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let made = try await site.launchOneByOne(HostWatch.budget + 3, by: site.anna).sorted()
        let hidden = try site.host.guests.hide(Array(made.dropLast(2)))
        try site.host.guests.crash(made[made.count - 1])
        let report = try await pass(at: site)
        #expect(report.doubted == Array(made.dropLast(2)))
        #expect(report.settled == [made[made.count - 1]], "what the host says of others is believed")
        #expect(try await alarms(at: site).map(\.code) == ["guests-missing"])
        try site.host.guests.show(hidden)
        _ = try await pass(at: site)
        _ = try site.host.guests.hide(Array(made.prefix(HostWatch.budget)))
        let few = try await pass(at: site)
        #expect(few.settled == Array(made.prefix(HostWatch.budget)) && few.doubted.isEmpty)
        #expect(try await alarms(at: site).isEmpty)
    }

    @Test(arguments: [false, true]) func aHostThatBootedIsBelieved(afterAnAlarm: Bool) async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let made = try await site.launchOneByOne(HostWatch.budget + 3, by: site.anna).sorted()
        if afterAnAlarm {
            _ = try site.host.guests.hide(made)
            #expect(try await pass(at: site).doubted == made)
        }
        try site.host.guests.rebootHost()
        _ = try site.host.guests.hide(made)
        let first = try await pass(at: site)
        #expect(first.settled == Array(made.prefix(HostWatch.budget)) && first.isOverBudget)
        #expect(try await pass(at: site).settled == Array(made.dropFirst(HostWatch.budget)))
        #expect(try await alarms(at: site).isEmpty)
        _ = try await pass(at: site)
        #expect(try site.disk.read { try $0.destructionBudgets.all().isEmpty })
    }

    @Test func aBootIsBelievedOfTheLastOneThatIsMissingToo() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna).sorted()
        let hidden = try site.host.guests.hide(made)
        #expect(try await pass(at: site).doubted == made)
        try site.host.guests.show(hidden.filter { $0.key != made[0] })
        #expect(try await pass(at: site).doubted == [made[0]])
        try site.host.guests.rebootHost()
        #expect(try await pass(at: site).settled.contains(made[0]))
        #expect(try await alarms(at: site).isEmpty)
    }

    /// Whoever clears an alarm says yes to what it shows, and nobody is doubted without one.
    @Test func anAlarmShowsHowManyAreMissingNow() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        let made = try await site.launch("lab-%02d", count: 2, by: site.anna)
        _ = try site.host.guests.hide(made)
        _ = try await pass(at: site)
        #expect(try await alarms(at: site).map(\.parameters) == [["missing": "2", "of": "2"]])
        let late = try await site.launch("late-%02d", count: 2, by: site.anna)
        _ = try site.host.guests.hide(late)
        _ = try await pass(at: site)
        #expect(try await alarms(at: site).map(\.parameters) == [["missing": "4", "of": "4"]])
        let negative = await #expect(throws: CloudError.self) {
            _ = try await site.cloud.clearAlarm(SimulatedSite.host.text, allowing: -1, by: site.admin)
        }
        #expect(negative?.code == .invalidField)
        // The first of them cannot be settled: its disk has no row.
        let first = (made + late).sorted()[0]
        try site.disk.write { tx in for disk in try tx.disks.all(.equals(.instance, .id(first))) { try tx.disks.delete(disk.id) } }
        _ = try await site.cloud.clearAlarm(SimulatedSite.host.text, allowing: 1, by: site.admin)
        for _ in 0..<2 {
            #expect(try await pass(at: site).doubted.count == 3)
            #expect(try await alarms(at: site).count == 1)
        }
    }

    @Test func aStrayGuestIsReportedAndLeftAlone() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let stray = ID<InstanceKind>(bits: 9, 9)
        let guest = try #require(site.host.guests.snapshot().guests[instance])
        try site.host.guests.show([stray: guest])
        let report = try await pass(at: site)
        #expect(report.orphans == [stray] && report.settled.isEmpty && report.turned.isEmpty)
        #expect(site.host.guests.snapshot().guests[stray] == guest, "it is never touched")
        #expect(report.news(of: SimulatedSite.host, since: nil).map(\.description).contains { $0.contains(stray.text) })
        #expect(report.news(of: SimulatedSite.host, since: report).isEmpty, "told once")
        _ = try site.host.guests.hide([stray])
        #expect(try await pass(at: site).orphans.isEmpty)
    }

    @Test(arguments: InstanceState.allCases) func whateverCanBeSettledHasItsWay(state: InstanceState) {
        for power in [GuestSighting.Power.off, .absent, .crashed, .running, .paused] {
            guard let end = HostWatch.end(of: ID(bits: 0, 1), seen: power, in: state) else { continue }
            #expect(Verb.settle.allowedStates?.contains(state) == true)
            #expect(state.after(end.failure == nil ? .stopped : .failed) != nil)
        }
        guard Verb.adopt.allowedStates?.contains(state) == true else { return }
        #expect(!state.holdsHost && state.after(state == .suspended ? .woken : .started) == .running)
    }
}
