// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Hypervisor
import Testing

@testable import CloudOperations

/// A guest that ends while nobody knows whether its agent did what it was told holds no machine, and is told once it is up again.
@Suite struct LoginInDoubtTests {
    private let word = "correct horse battery"

    private func guest(_ instance: ID<InstanceKind>, at site: Site) throws -> SimulatedGuest {
        try #require(site.host.guests.snapshot().guests[instance])
    }
    private func shown(_ instance: ID<InstanceKind>, at site: Site) throws -> String {
        try SimulatedSealer().open(site.disk.read { try $0.secrets.get(instance).sealedPassword })
    }

    /// Why nobody knows whether the agent did what it was told.
    enum Doubt: CaseIterable, Sendable { case lostAnswer, managerDied, managerDiedBefore }

    /// Tells an agent, and nobody knows whether it did; then the guest ends by itself. The run ends, and holds no machine: the answer is the
    /// manager that found it so.
    private func leaveInDoubt(_ operation: some CloudOperation, _ call: String, _ doubt: Doubt, of instance: ID<InstanceKind>, _ site: Site)
        async throws
        -> Cloud
    {
        let run = RunID("op-doubt")
        switch doubt {
        case .lostAnswer:
            try site.host.guests.setAgent(.mute, of: instance)
            await #expect(throws: RunIsStuck.self) { _ = try await site.cloud.runner.perform(operation, as: run) }
        case .managerDied, .managerDiedBefore:
            let phase = doubt == .managerDied ? EffectPhase.after : .before
            let death = Interference.Hurdle(ManagerDied()) { point in if case .call(call, _, phase) = point { true } else { false } }
            let cloud = try site.stage.nextManager(Interference(hurdles: [death]))
            await #expect(throws: ManagerDied.self) { _ = try await cloud.runner.perform(operation, as: run) }
        }
        try site.host.guests.crash(instance)
        let cloud = try site.stage.nextManager()
        try await cloud.runner.recover()
        #expect(try site.disk.read { try $0.run(run) }?.state == .done)
        _ = try await HostWatch(cloud: cloud).pass(driving: true)
        let report = try await Audit(cloud: cloud).report(for: site.admin)
        #expect(report.differences == [] && report.openOperations == 0)
        return cloud
    }

    @Test(arguments: Doubt.allCases) func aPasswordWhoseGuestEndedInDoubtIsToldAtTheNextStart(_ doubt: Doubt) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let old = try shown(instance, at: site)
        let setting = SetPassword(by: site.anna, instance: instance, password: Secret(word))
        let cloud = try await leaveInDoubt(setting, "agent.set-password", doubt, of: instance, site)
        #expect(try shown(instance, at: site) == old)
        #expect(try await cloud.password(of: instance, for: site.anna).isDoubtful)
        _ = try await cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try shown(instance, at: site) == word && guest(instance, at: site).letsIn("root", with: word))
        #expect(try await !cloud.password(of: instance, for: site.anna).isDoubtful)
    }

    @Test(arguments: Doubt.allCases) func keysWhoseGuestEndedInDoubtAreToldAtTheNextStart(_ doubt: Doubt) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let installing = InstallKeys(by: site.anna, instance: instance, install: ["ssh-ed25519 AAAA own"])
        let cloud = try await leaveInDoubt(installing, "agent.authorize", doubt, of: instance, site)
        _ = try await cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try guest(instance, at: site).keys["root"] == ["ssh-ed25519 AAAA own"])
    }

    /// Nobody waits for its agent: then the key ring tells it.
    @Test func aGuestThatIsReadyByItsPortIsToldByTheKeyRing() async throws {
        let site = try await Site()
        try site.readyByPort()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await KeyRing(cloud: site.cloud).pass(driving: true)
        let setting = SetPassword(by: site.anna, instance: instance, password: Secret(word))
        let cloud = try await leaveInDoubt(setting, "agent.set-password", .lostAnswer, of: instance, site)
        _ = try await cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try !guest(instance, at: site).letsIn("root", with: word))

        // Its keys and the password are due, and the agent refuses what it is told: then both are tried by turns.
        try site.host.guests.setAgent(.refuses, of: instance)
        var kinds: Set<String> = []
        for _ in 0..<200 {
            site.clock.advance(by: .seconds(30))
            _ = try await KeyRing(cloud: cloud).pass(driving: true)
        }
        for deed in try await cloud.activities(of: instance, for: site.anna) where deed.outcome?.code == .agentRefused {
            kinds.insert(deed.code)
        }
        #expect(kinds == [Verb.setPassword.rawValue, Verb.installKeys.rawValue])
        #expect(try await cloud.password(of: instance, for: site.anna).isDoubtful)

        try site.host.guests.setAgent(.answers, of: instance)
        for _ in 0..<3 {
            site.clock.advance(by: KeyPlan.longestPause)
            _ = try await HostWatch(cloud: cloud).pass(driving: true)
            _ = try await KeyRing(cloud: cloud).pass(driving: true)
        }
        #expect(try shown(instance, at: site) == word && guest(instance, at: site).letsIn("root", with: word))
        #expect(try await !cloud.password(of: instance, for: site.anna).isDoubtful)
        #expect(try site.disk.read { try $0.instanceKeys.get(instance).tries } == 0)
        #expect(try await KeyRing(cloud: cloud).pass(driving: true).begun.isEmpty)
    }

    /// Who sets another password between the look of the key ring and what it begins has the last word.
    @Test func anotherPasswordIsNotSetBack() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let setting = SetPassword(by: site.anna, instance: instance, password: Secret(word))
        let cloud = try await leaveInDoubt(setting, "agent.set-password", .lostAnswer, of: instance, site)
        let row = try site.disk.read { try $0.secrets.get(instance) }
        let doubt = KeyPlan.Doubt(sealed: try #require(row.sealedDoubtful), version: row.version)
        _ = try await cloud.perform(StartInstance(by: site.anna, instance: instance))
        _ = try await cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret("another password")))
        let version = try site.disk.read { try $0.secrets.get(instance).version }
        await #expect(
            throws: CloudError(.staleVersion, ["object": instance.text, "expected": "\(row.version)", "actual": "\(version)"])
        ) {
            try await KeyRing(cloud: cloud).settle(doubt, of: instance, driving: true)
        }
        #expect(try shown(instance, at: site) == "another password" && guest(instance, at: site).letsIn("root", with: "another password"))
    }

    /// One that cannot be opened, of a site with another key, keeps nobody else from what is due.
    @Test func aPasswordThatCannotBeOpenedHoldsNoOtherMachine() async throws {
        let site = try await Site()
        var launched: [ID<InstanceKind>] = []
        for name in ["one", "two", "three"] { launched += try await site.launch(name, by: site.anna) }
        let machines = launched.sorted()
        try site.disk.write { tx in
            _ = try tx.secrets.change(machines[0]) { $0.sealedDoubtful = "of another key" }
            for machine in machines.dropFirst() {
                let sealed = try SimulatedSealer().seal(word)
                _ = try tx.secrets.change(machine) { $0.sealedDoubtful = sealed }
            }
        }
        let report = try await KeyRing(cloud: site.cloud).pass(driving: true)
        #expect(Array(report.unopened.keys) == [machines[0]] && report.refused.isEmpty && report.begun == Array(machines.dropFirst()))
        for machine in machines.dropFirst() { #expect(try guest(machine, at: site).letsIn("root", with: word)) }
        // Where its keys are due too, the password gives its turn to them.
        try site.disk.write { tx in _ = try tx.instanceKeys.change(machines[0]) { $0.told = nil } }
        for begun in [[machines[0]], []] {
            site.clock.advance(by: KeyPlan.longestPause)
            _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
            let later = try await KeyRing(cloud: site.cloud).pass(driving: true)
            #expect(later.begun == begun && later.unopened[machines[0]]?.code == .passwordSealed)
        }
    }

    @Test func aPasswordThatCannotBeOpenedHoldsNoStart() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        try site.disk.write { tx in _ = try tx.secrets.change(instance) { $0.sealedDoubtful = "of another key" } }
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try site.disk.read { try $0.statuses.get(instance).readyAt } != nil)
        #expect(try site.disk.read { try $0.secrets.get(instance).sealedDoubtful } == "of another key", "the doubt stays")
        let said = try await site.cloud.activities(of: instance, for: site.anna).filter { $0.code == "instance.password-doubtful" }
        #expect(said.map { $0.outcome?.code } == [.passwordSealed])
    }

    /// A courtesy to people who log in holds no machine whose guest is gone.
    @Test func aNoteForAGuestThatIsGoneIsLeftToTheKeyRing() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let lease = try site.disk.read { try $0.leases.get(instance) }
        site.clock.advance(by: try #require(lease.dates.suspendAt) - #require(lease.warnings.suspend).lead - site.clock.now())
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(try await LeaseSweeper(cloud: site.cloud).pass(driving: true).told == [instance])
        try site.host.guests.setAgent(.mute, of: instance)
        let run = RunID("op-keys")
        await #expect(throws: RunIsStuck.self) {
            let installing = InstallKeys(by: site.anna, instance: instance, install: ["ssh-ed25519 AAAA own"])
            _ = try await site.cloud.runner.perform(installing, as: run)
        }
        _ = try site.host.guests.hide([instance])
        let cloud = try site.stage.nextManager()
        try await cloud.runner.recover()
        #expect(try site.disk.read { try $0.run(run) }?.state == .done)
        #expect(try site.disk.read { try $0.statuses.get(instance).operation } == nil)
    }
}

extension Site {
    /// From now on the machines of the template are ready by their port; their agent may answer, and is not waited for.
    fileprivate func readyByPort() throws {
        try disk.write { tx in
            for revision in try tx.revisions.all() {
                var changed = revision
                (changed.agent, changed.readiness) = (.optional, .port)
                try tx.revisions.update(changed)
            }
        }
    }
}
