// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Hypervisor
import Testing

/// Passwords and keys of running guests: what operators are shown is what holds, whatever an agent does.
@Suite struct LoginTests {
    private let word = "correct horse battery"

    private func guest(_ instance: ID<InstanceKind>, at site: Site) throws -> SimulatedGuest {
        try #require(site.host.guests.snapshot().guests[instance])
    }
    private func shown(_ instance: ID<InstanceKind>, at site: Site) throws -> String {
        try SimulatedSealer().open(site.disk.read { try $0.secrets.get(instance).sealedPassword })
    }

    @Test func thePasswordThatIsShownLogsInAndIsInNoRecord() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        #expect(try guest(instance, at: site).letsIn("root", with: word) && shown(instance, at: site) == word)
        #expect(try site.disk.read { try $0.statuses.get(instance).operation } == nil)
        let rows = try site.disk.dump().flatMap { [$0.key] + $0.value }.joined(separator: "\n")
        #expect(
            !rows.contains(word)
                && !String(describing: SetPassword(by: site.anna, instance: instance, password: Secret(word))).contains(word))
    }

    @Test func whatAnAgentRefusesOrDoesNotHearChangesNothing() async throws {
        for (agent, code) in [(SimulatedGuest.Agent.refuses, ErrorCode.agentRefused), (.hangs, .agentSilent), (.missing, .agentSilent)] {
            let site = try await Site()
            let instance = try await site.launch("mine", by: site.anna)[0]
            try site.host.guests.setAgent(agent, of: instance)
            let before = try await site.snapshot(.state)
            let refused = await #expect(throws: RunRefused.self) {
                _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
            }
            #expect(refused?.failure.code == code.rawValue)
            #expect(try await before.difference(to: site.snapshot(.state)) == [], "\(agent)")
            let keys = await #expect(throws: RunRefused.self) {
                _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance, install: ["ssh-ed25519 AAAA own"]))
            }
            #expect(keys?.failure.code == code.rawValue)
            #expect(try await before.difference(to: site.snapshot(.state)) == [], "\(agent)")
        }
    }

    /// An agent's word is the guest's word: who lies about itself locks itself out, and the records stay plain.
    @Test func anAgentThatLiesIsBelieved() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setAgent(.lies, of: instance)
        _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        #expect(try !guest(instance, at: site).letsIn("root", with: word) && shown(instance, at: site) == word)
        try site.host.guests.setAgent(.answers, of: instance)
        _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        #expect(try guest(instance, at: site).letsIn("root", with: word))
    }

    /// The agent does what it is told and never says so: nobody knows, so it is told until it answers, whatever it refuses meanwhile.
    @Test func afterAnUnknownOutcomeThePasswordThatIsShownIsTheOneThatHolds() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let run = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let old = try shown(instance, at: site)
        try site.host.guests.setAgent(.mute, of: instance)
        await #expect(throws: RunIsStuck.self) {
            _ = try await site.cloud.runner.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)), as: run)
        }
        #expect(try shown(instance, at: site) == old && guest(instance, at: site).letsIn("root", with: word))
        for agent in [SimulatedGuest.Agent.hangs, .refuses, .missing] {
            try site.host.guests.setAgent(agent, of: instance)
            try await site.cloud.runner.recover()
            #expect(try site.disk.read { try $0.run(run) }?.state == .stuck, "\(agent) says nothing of what was done before")
        }
        try site.host.guests.setAgent(.answers, of: instance)
        try await site.cloud.runner.recover()
        #expect(try site.disk.read { try $0.run(run) }?.state == .done)
        #expect(try shown(instance, at: site) == word && guest(instance, at: site).letsIn("root", with: word))
        #expect(try site.disk.read { try $0.secrets.get(instance).sealedDoubtful } == nil)
    }

    @Test(arguments: [true, false])
    func behindAReturnThePasswordThatIsShownIsToldAgain(withMemory: Bool) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let kept = try await site.checkpoint(instance, "kept", withMemory: withMemory, by: site.anna)
        _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        _ = try await HostWatch(cloud: site.cloud).pass()
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: kept, disk: disk))
        #expect(try site.disk.read { try $0.secrets.get(instance).sealedDoubtful } != nil, "the disk is of a time before it was set")
        _ = try await HostWatch(cloud: site.cloud).pass()
        if withMemory {
            _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        } else {
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        }
        #expect(try shown(instance, at: site) == word && guest(instance, at: site).letsIn("root", with: word))
        #expect(try site.disk.read { try $0.secrets.get(instance).sealedDoubtful } == nil)
    }

    /// An agent that refuses the password that is told again keeps nobody from the machine; whoever asks for the password is told.
    @Test(arguments: [true, false]) func aPasswordThatIsRefusedBehindAReturnKeepsNobodyOut(withMemory: Bool) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let kept = try await site.checkpoint(instance, "kept", withMemory: withMemory, by: site.anna)
        _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        #expect(try await site.cloud.password(of: instance, for: site.anna).isDoubtful == false)
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: kept, disk: disk))
        _ = try await HostWatch(cloud: site.cloud).pass()
        let deaf = Interference.Hurdle(CloudError(.agentRefused, ["instance": instance.text])) { point in
            if case .call("agent.set-password", _, .before) = point { true } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [deaf]))
        let ready =
            withMemory
            ? try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
            : try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(ready.notReady == nil && ready.readyMilliseconds != nil)
        #expect(try await site.cloud.password(of: instance, for: site.anna).isDoubtful)
        let deeds = try await site.cloud.activities(of: instance, for: site.anna)
        #expect(deeds.filter { $0.code == "instance.password-doubtful" }.map { $0.outcome?.code } == [.agentRefused])
        let codes = try await site.cloud.events(after: 0, limit: 500, for: site.anna).events.map(\.event.code)
        #expect(codes.count { $0 == "instance.password-doubtful" } == 1)
        site.stage.interference.set(Interference())
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try await !site.cloud.password(of: instance, for: site.anna).isDoubtful)
        #expect(try guest(instance, at: site).letsIn("root", with: word))
    }

    @Test func aDoubtThatIsForcedOffIsSettledAtTheNextStart() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setAgent(.mute, of: instance)
        await #expect(throws: RunIsStuck.self) {
            _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        }
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try shown(instance, at: site) == word && guest(instance, at: site).letsIn("root", with: word))
        #expect(try site.disk.read { try $0.secrets.get(instance).sealedDoubtful } == nil)
    }

    @Test(arguments: [
        "", "1234567", String(repeating: "x", count: 129), "line\nbreak", "tab\ttab tab", "ékezetes jelszó", "nul\u{0}nulnul",
    ])
    func whatIsNoPasswordIsRefused(text: String) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try await site.snapshot(.history)
        do {
            _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(text)))
            Issue.record("it was taken")
        } catch let refusal as CloudError { #expect(refusal.code == .invalidField && refusal.parameters["pointer"] == "/password") }
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
    }

    @Test func machinesWithoutAnAgentAreRefusedWithTheReason() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.withoutAgent()
        let refusal = CloudError(.agentMissing, ["instance": instance.text])
        await #expect(throws: refusal) {
            _ = try await site.cloud.perform(SetPassword(by: site.anna, instance: instance, password: Secret(word)))
        }
        await #expect(throws: refusal) { _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance)) }
    }

    @Test func ownKeysComeAndGoAndEverybodysStay() async throws {
        let site = try await Site()
        _ = try await site.cloud.setKeys(["ssh-ed25519 AAAA anna"], of: site.anna.user, by: site.anna)
        let instance = try await site.launch("mine", by: site.anna)[0]
        #expect(try guest(instance, at: site).keys["root"] == ["ssh-ed25519 AAAA anna"])
        let own = ["ssh-ed25519 BBBB one", "ssh-ed25519 CCCC two"]
        _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance, install: own + [own[0]]))
        #expect(try guest(instance, at: site).keys["root"] == ["ssh-ed25519 AAAA anna"] + own)
        _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance, remove: [own[0], "ssh-ed25519 ZZZZ nobody's"]))
        #expect(try guest(instance, at: site).keys["root"] == ["ssh-ed25519 AAAA anna", own[1]])
        // They are the instance's, and outlive its run.
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        #expect(try guest(instance, at: site).keys["root"] == ["ssh-ed25519 AAAA anna", own[1]])

        for bad in [
            "", "rsa", "ssh-ed25519", "ssh-ed25519 AA\nssh-ed25519 BB", "command=\"x\" ssh-ed25519 AAAA",
            String(repeating: "a ", count: 3000),
        ] {
            do {
                _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance, install: [bad]))
                Issue.record("\(bad) was taken")
            } catch let refusal as CloudError { #expect(refusal.code == .invalidField && refusal.parameters["pointer"] == "/install/0") }
        }
        let many = (0..<AuthorizedKeys.most).map { "ssh-ed25519 AAAA \($0)" }
        await #expect(throws: CloudError.self) {
            _ = try await site.cloud.perform(InstallKeys(by: site.anna, instance: instance, install: many))
        }
    }
}

extension Site {
    /// From now on the machines of the template have no agent.
    func withoutAgent() throws {
        try disk.write { tx in
            for revision in try tx.revisions.all() {
                var changed = revision
                changed.agent = .none
                try tx.revisions.update(changed)
            }
        }
    }
}
