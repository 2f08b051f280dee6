// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Foundation
import Hypervisor
import Testing

@testable import CloudOperations

/// A changed profile key reaches all machines that the person may use (CIRCLE), and nothing else moves.
@Suite struct KeyRingTests {
    private let key = "ssh-ed25519 NEWW anna"

    private func keys(_ instance: ID<InstanceKind>, at site: Site) -> [String]? {
        site.host.guests.snapshot().guests[instance]?.keys["root"]
    }
    private func pass(_ site: Site, after seconds: Int = 10) async throws -> KeyRing.Report {
        site.clock.advance(by: .seconds(seconds))
        return try await KeyRing(cloud: site.cloud).pass(driving: true)
    }

    @Test func aChangedKeyReachesEveryRunningMachineThatThePersonMayOperate() async throws {
        let site = try await Site()
        let (own, bound, foreign) = (
            try await site.launch("own", by: site.anna)[0], try await site.launch("shared", by: site.bela)[0],
            try await site.launch("foreign", by: site.bela)[0]
        )
        try site.share(bound, with: site.anna.user.text, .operator)
        try site.share(foreign, with: site.anna.user.text, .user)
        #expect(try await pass(site).begun.isEmpty, "nobody has a key yet: all were told so when they started")

        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        #expect(try await pass(site).begun == [own, bound].sorted())
        #expect(keys(own, at: site) == [key] && keys(bound, at: site) == [key] && keys(foreign, at: site) == [])
        let quiet = try await site.snapshot(.history)
        #expect(try await pass(site).begun.isEmpty)
        #expect(try await quiet.difference(to: site.snapshot(.history)) == [], "without news it writes nothing")

        try site.disk.write { tx in
            for grant in try tx.grants.all(.equals(.object, .id(bound))) { try tx.grants.delete(grant.id) }
        }
        #expect(try await pass(site).begun == [bound])
        #expect(keys(bound, at: site) == [], "what was taken away logs in no more")
        _ = try await site.cloud.setKeys([], of: site.anna.user, by: site.anna)
        #expect(try await pass(site).begun == [own] && keys(own, at: site) == [])
    }

    @Test func aRowThatCannotBeReadKeepsNoOtherFromItsKeys() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        let mend = try site.breakStatus(of: made[0])
        try site.breakKeys(of: made[1])
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        let report = try await pass(site)
        #expect(report.begun == [made[2]] && keys(made[2], at: site) == [key])
        #expect(Set(report.unread.keys) == [made[0], made[1]] && keys(made[0], at: site) == [] && keys(made[1], at: site) == [])
        #expect(report.unread.values.allSatisfy { ($0 as? CloudError)?.isUnreadableRow == true })
        #expect(report.news(since: nil).count == 2)
        let next = try await pass(site)
        #expect(next.begun.isEmpty && next.news(since: report).isEmpty && next.unread.count == 2, "each is told once")
        try mend()
        #expect(try await pass(site).begun == [made[0]])
        #expect(keys(made[0], at: site) == [key])
    }

    private func note(_ instance: ID<InstanceKind>, at site: Site) -> String? { site.host.guests.snapshot().guests[instance]?.note }

    /// Moves the clock to when the lease's suspension is warned of, and lets the sweeper warn.
    private func warn(of instance: ID<InstanceKind>, at site: Site) async throws -> Timestamp {
        let lease = try site.disk.read { try $0.leases.get(instance) }
        let (date, warning) = (try #require(lease.dates.suspendAt), try #require(lease.warnings.suspend))
        site.clock.advance(by: date - warning.lead - site.clock.now())
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(try await LeaseSweeper(cloud: site.cloud).pass(driving: true).told == [instance])
        return date
    }

    @Test func whoLogsInReadsOfAWarningUntilSomebodyRenews() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        #expect(try await pass(site).begun.isEmpty && note(instance, at: site) == "")
        let date = try await warn(of: instance, at: site)
        #expect(try await pass(site).begun == [instance])
        let said = try #require(note(instance, at: site))
        let iso = Date(timeIntervalSince1970: Double(date.milliseconds) / 1000).formatted(.iso8601)
        #expect(said.contains("suspended at \(iso.prefix(10)) \(iso.dropFirst(11).prefix(5)) UTC") && said.contains(instance.text))
        #expect(try await pass(site).begun.isEmpty, "once")
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance]))
        #expect(try await pass(site).begun == [instance] && note(instance, at: site) == "")
    }

    // Nobody's machine is held, and nobody's key is late, for a courtesy.
    @Test(arguments: [
        (CloudError(.agentRefused) as any Error, false), (OutcomeUnknown("the agent was told"), false), (CloudError(.agentSilent), true),
    ])
    func anAgentThatLeavesNoNoteHoldsUpNothing(_ error: any Error, isAskedAgain: Bool) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await warn(of: instance, at: site)
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        let deaf = Interference.Hurdle(error) { point in
            if case .call("agent.leave-note", _, .before) = point { true } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [deaf]))
        #expect(try await pass(site).begun == [instance])
        #expect(keys(instance, at: site) == [key] && note(instance, at: site) == "")
        #expect(try site.disk.unfinishedRuns().isEmpty)
        var begun = 0
        for _ in 0..<60 { begun += try await pass(site).begun.count }
        #expect(isAskedAgain ? (2...6).contains(begun) : begun == 0, "ten minutes, with a pause that doubles from 30 s: \(begun)")
        site.stage.interference.set(Interference())
        _ = try await pass(site, after: 3600)
        #expect(note(instance, at: site)?.isEmpty == !isAskedAgain)
    }

    @Test func aNoteTouchesNoKeys() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await warn(of: instance, at: site)
        let byHand = ["ssh-ed25519 HAND by hand"]
        try await site.host.guests.authorize(
            byHand, for: "root", in: instance,
            Command(run: ID(bits: 7, 7), step: "by hand", fence: try site.disk.read { try $0.statuses.get(instance).fence }))
        #expect(try await pass(site).begun == [instance])
        #expect(keys(instance, at: site) == byHand && note(instance, at: site)?.isEmpty == false)
        _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance))
        #expect(keys(instance, at: site) == [])
    }

    @Test func aGuestThatBeginsAnewIsToldAgain() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await warn(of: instance, at: site)
        _ = try await pass(site)
        _ = try await site.cloud.perform(ResetInstance(by: site.anna, instance: instance))
        #expect(try site.disk.read { try $0.instanceKeys.get(instance).note } == "")
        #expect(try await pass(site).begun == [instance])
    }

    /// Who works in it may have lost its keys; it is told them when its agent answers at last.
    @Test func aStartThatWasNotReadyInTimeIsToldItsKeysLater() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        #expect(try site.disk.read { try $0.instanceKeys.get(instance).told } != nil)
        _ = try await HostWatch(cloud: site.cloud).pass()
        let deaf = Interference.Hurdle(CloudError(.agentSilent, ["instance": instance.text])) { point in
            if case .call(let call, _, .before) = point { call.hasPrefix("agent.") } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [deaf]))
        #expect(try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)).notReady != nil)
        site.stage.interference.set(Interference())
        #expect(try await pass(site).begun == [instance])
        #expect(try await pass(site).begun.isEmpty)
    }

    /// Thirty wakes at once are thirty conversations less, and the guest's own file is the one that it went to sleep with.
    @Test func aGuestThatWakesIsToldOnlyWhatChangedWhileItSlept() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        func sleepAndWake(meanwhile: () async throws -> Void) async throws {
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            try await meanwhile()
            _ = try await HostWatch(cloud: site.cloud).pass()
            #expect(try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)).notReady == nil)
        }
        let byHand = ["ssh-ed25519 HAND by hand"]
        try await site.host.guests.authorize(
            byHand, for: "root", in: instance,
            Command(run: ID(bits: 7, 7), step: "by hand", fence: try site.disk.read { try $0.statuses.get(instance).fence }))
        try await sleepAndWake {}
        #expect(keys(instance, at: site) == byHand)
        try await sleepAndWake { _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna) }
        #expect(keys(instance, at: site) == [key])
        #expect(try site.disk.read { try $0.instanceKeys.get(instance).told } == AuthorizedKeys.sign(of: [key]))
        // Where nobody knows what it was told, it is told.
        try site.disk.write { tx in _ = try tx.instanceKeys.change(instance) { $0.told = nil } }
        try await site.host.guests.authorize(
            byHand, for: "root", in: instance,
            Command(run: ID(bits: 7, 8), step: "by hand", fence: try site.disk.read { try $0.statuses.get(instance).fence }))
        try await sleepAndWake {}
        #expect(keys(instance, at: site) == [key])
    }

    /// What was read at the checkpoint's moment is read no more: it may be of a lease that was renewed since.
    @Test(arguments: ["heard", "silent", "lost"]) func aGuestThatGoesOnFromACheckpointIsToldWhatHoldsNow(answer: String) async throws {
        let answering = answer == "heard"
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await warn(of: instance, at: site)
        #expect(try await pass(site).begun == [instance])
        let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
        _ = try await site.cloud.perform(RenewInstances(by: site.anna, instances: [instance]))
        #expect(try await pass(site).begun == [instance] && note(instance, at: site) == "")
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: kept, disk: disk))
        _ = try await HostWatch(cloud: site.cloud).pass()
        if !answering {
            let silent = CloudError(.agentSilent, ["instance": instance.text])
            let deaf = Interference.Hurdle(answer == "lost" ? OutcomeUnknown("lost by a check") : silent) { point in
                if case .call("agent.leave-note", _, .before) = point { true } else { false }
            }
            site.stage.interference.set(Interference(hurdles: [deaf]))
        }
        #expect(try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)).notReady == nil, "nobody waits for a note")
        #expect(note(instance, at: site)?.isEmpty == answering)
        site.stage.interference.set(Interference())
        #expect(try await pass(site).begun == (answering ? [] : [instance]))
        #expect(note(instance, at: site) == "")
        #expect(try await pass(site).begun.isEmpty)
    }

    @Test func machinesOfAGroupAndGrantsThatEnd() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.bela)[0]
        try site.share(instance, with: ID<GroupKind>.everybody.text, .operator, until: site.clock.now() + .seconds(3600))
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        _ = try await pass(site)
        #expect(keys(instance, at: site) == [key])
        #expect(try await pass(site, after: 3600).begun == [instance])
        #expect(keys(instance, at: site) == [])
    }

    @Test func aSilentAgentIsTriedLaterAndLaterAndHoldsNoOther() async throws {
        let site = try await Site()
        let (silent, other) = (try await site.launch("silent", by: site.anna)[0], try await site.launch("other", by: site.anna)[0])
        try site.host.guests.setAgent(.hangs, of: silent)
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        let first = try await pass(site)
        #expect(first.begun == [other] && first.silent == [silent] && keys(other, at: site) == [key])
        let deeds = try await site.cloud.activities(of: silent, for: site.anna).count
        var tries = 0
        for _ in 0..<360 { tries += try await pass(site).silent.count }
        #expect((5...8).contains(tries), "an hour, with a pause that doubles from 30 s: \(tries)")
        #expect(try await site.cloud.activities(of: silent, for: site.anna).count == deeds, "nothing was begun")
        #expect(try site.disk.read { try $0.statuses.get(silent).operation } == nil)
        try site.host.guests.setAgent(.answers, of: silent)
        var passes = 0
        while keys(silent, at: site) != [key], passes < 400 {
            _ = try await pass(site)
            passes += 1
        }
        #expect(keys(silent, at: site) == [key])
        #expect(try site.disk.read { try $0.instanceKeys.get(silent).tries } == 0)
    }

    @Test func nothingIsToldToMachinesThatAreBusyOffOrWithoutAnAgent() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let (busy, off) = (try await site.launch("busy", by: site.anna)[0], try await site.launch("off", by: site.anna)[0])
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: off))
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        probe.set(Boundary(.beforeEffect, "pause")) { _ in
            let begun = try await KeyRing(cloud: site.cloud).pass(driving: true).begun
            #expect(begun.isEmpty)
        }
        _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: busy))
        #expect(try await pass(site).begun.isEmpty, "a paused guest hears nothing")
        _ = try await site.cloud.perform(ResumeInstance(by: site.anna, instance: busy))
        try site.withoutAgent()
        #expect(try await pass(site).begun.isEmpty)
    }

    @Test func anAgentThatLosesItsAnswerIsToldAgain() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.setKeys([key], of: site.anna.user, by: site.anna)
        try site.host.guests.setAgent(.mute, of: instance)
        _ = try await pass(site)
        #expect(try site.disk.read { try $0.instanceKeys.get(instance).told } == nil, "nobody knows by which keys people log in")
        try site.host.guests.setAgent(.answers, of: instance)
        try await site.cloud.runner.recover()
        #expect(keys(instance, at: site) == [key])
        #expect(try site.disk.read { try $0.instanceKeys.get(instance).told } == AuthorizedKeys.sign(of: [key]))
    }

    @Test func aPlanTakesThoseWhoWereTriedLeastAndNoMoreThanItsBudget() {
        let now = Timestamp(seconds: 1_000_000)
        func fact(_ number: UInt64, due: String = "b", told: String? = "a", tries: Int = 0, tried: Duration? = nil) -> KeyPlan.Fact {
            KeyPlan.Fact(
                instance: ID(bits: 0, number), host: ID(bits: 0, 1), due: due, told: told, tries: tries,
                triedAt: tried.map { now + .zero - $0 })
        }
        let many = (0..<100).map { fact(UInt64($0) + 1, tries: $0 % 3, tried: .seconds(7200)) }
        let plan = KeyPlan(many, at: now)
        #expect(plan.due.count == KeyPlan.budget && plan.isOverBudget && plan.due.allSatisfy { $0.tries == 0 })
        #expect(KeyPlan([fact(1, told: "b")], at: now).due.isEmpty)
        #expect(KeyPlan([fact(1, told: nil)], at: now).due.count == 1)
        for (tries, pause) in [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (100, 3600)] {
            #expect(KeyPlan([fact(1, tries: tries, tried: .seconds(pause - 1))], at: now).due.isEmpty, "\(tries)")
            #expect(KeyPlan([fact(1, tries: tries, tried: .seconds(pause))], at: now).due.count == 1, "\(tries)")
        }
    }
}

extension Site {
    /// A level on an instance, as a grant in the records.
    func share(_ instance: ID<InstanceKind>, with subject: String, _ level: Level, until: Timestamp? = nil) throws {
        let id = cloud.world.ids.next(GrantKind.self)
        try disk.write { tx in
            try tx.grants.insert(
                Grant(id: id, object: instance.text, subject: subject, level: level, until: until, pinned: false, grantedBy: admin.user))
        }
    }
}
