// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Hypervisor
import Synchronization
import Testing

/// The verbs that speak with a running guest: what it does not do is not believed, and nothing is forced that was only asked for.
@Suite struct RunningGuestTests {
    private func status(_ instance: ID<InstanceKind>, at site: Site) throws -> InstanceStatus {
        try site.disk.read { try $0.statuses.get(instance) }
    }
    private func guest(_ instance: ID<InstanceKind>, at site: Site) throws -> SimulatedGuest {
        try #require(site.host.guests.snapshot().guests[instance])
    }

    @Test func aRebootIsDoneWhenTheHostHasCountedItAndTheGuestIsReadyAgain() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let before = try status(instance, at: site)
        let output = try await site.cloud.perform(RebootInstance(by: site.anna, instance: instance))
        let after = try status(instance, at: site)
        #expect(output.notReady == nil && output.readyMilliseconds ?? 0 >= 3000, "a guest boots for three seconds")
        #expect(try guest(instance, at: site).resets == 1)
        #expect(after.state == .running && after.operation == nil && after.host == before.host)
        #expect(try #require(after.readyAt) > #require(before.readyAt))
    }

    @Test func aGuestThatDoesNotObeyIsNotForced() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.host.guests.setObedience(false, of: instance)
        let before = try status(instance, at: site)
        let refused = await #expect(throws: RunRefused.self) {
            _ = try await site.cloud.perform(RebootInstance(by: site.anna, instance: instance))
        }
        #expect(refused?.failure.code == ErrorCode.timedOut.rawValue)
        #expect(refused?.failure.parameters["what"]?.contains("nothing was forced") == true)
        #expect(try guest(instance, at: site).resets == 0 && guest(instance, at: site).power == .running)
        let after = try status(instance, at: site)
        #expect(after.operation == nil && after.state == .running && after.readyAt == before.readyAt)
    }

    @Test(arguments: [true, false]) func aGuestThatEndsInsteadHasNotRebooted(crashing: Bool) async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("mine", by: site.anna)[0]
        probe.set(Boundary(.beforeEffect, "wait for the guest to reboot")) { _ in
            if crashing { try site.host.guests.crash(instance) } else { try site.host.guests.shutDownFromInside(instance) }
        }
        let refused = await #expect(throws: RunRefused.self) {
            _ = try await site.cloud.perform(RebootInstance(by: site.anna, instance: instance))
        }
        #expect(refused?.failure.code == ErrorCode.guestEnded.rawValue)
        _ = try await HostWatch(cloud: site.cloud).pass(driving: true)
        #expect(try status(instance, at: site).state == (crashing ? .failed : .stopped))
    }

    @Test func aResetOfAGuestThatRebootsByItselfMeanwhileIsStillOne() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("mine", by: site.anna)[0]
        probe.set(Boundary(.beforeEffect, "reset")) { _ in try site.host.guests.rebootFromInside(instance) }
        let output = try await site.cloud.perform(ResetInstance(by: site.anna, instance: instance))
        #expect(output.notReady == nil)
        #expect(try guest(instance, at: site).resets == 2 && status(instance, at: site).readyAt != nil)
    }

    /// What waits for a guest lets reset through. The one that waited is superseded, and what it had still to do is done.
    @Test func aResetGetsThroughToAGuestThatIsWaitedFor() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.make("mine", by: site.anna)
        let reset = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        let start = RunID(site.cloud.world.ids.next(OperationKind.self).text)
        probe.set(Boundary(.beforeEffect, "wait for the guest to be ready")) { _ in
            _ = try await site.cloud.runner.perform(ResetInstance(by: site.anna, instance: instance), as: reset)
        }
        await #expect(throws: RunTakenOver.self) {
            _ = try await site.cloud.runner.perform(StartInstance(by: site.anna, instance: instance), as: start)
        }
        let row = try status(instance, at: site)
        #expect(row.state == .running && row.readyAt != nil && row.operation == nil)
        #expect(try site.disk.read { try $0.run(start) }?.state == .superseded)
        #expect(try site.disk.read { try $0.run(reset) }?.state == .done)
        #expect(try guest(instance, at: site).resets == 1)
        let starts = try await site.cloud.activities(of: instance, for: site.anna).filter { $0.code == "start" }
        #expect(starts.first?.outcome?.code == .superseded)
    }

    @Test func aResetTakesNothingOverThatIsAtWorkOrStuck() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("mine", by: site.anna)[0]
        @Sendable func expectBusy(_ run: RunID) async throws {
            let busy = CloudError(.busy, ["object": instance.text, "operation": run.text])
            await #expect(throws: busy) { _ = try await site.cloud.perform(ResetInstance(by: site.anna, instance: instance)) }
        }
        probe.set(Boundary(.beforeEffect, "ask")) { try await expectBusy($0) }
        _ = try await site.cloud.perform(ShutDownInstance(by: site.anna, instance: instance))

        let other = try await site.stuckStart("other", by: site.anna, at: "power")
        let before = try status(other, at: site)
        await #expect(throws: CloudError.self) { _ = try await site.cloud.perform(ResetInstance(by: site.anna, instance: other)) }
        #expect(try status(other, at: site).operation == before.operation && status(other, at: site).fence == before.fence)
    }

    @Test func whatStoodStillIsAsReadyAsItWasAndItsClockIsRight() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let readyAt = try status(instance, at: site).readyAt
        let counted = site.host.guests.counter(of: instance, at: site.clock.now())
        _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance))
        #expect(try status(instance, at: site).state == .paused)
        #expect(try guest(instance, at: site).cause == .asked)
        site.clock.advance(by: .seconds(1000))
        #expect(site.host.guests.counter(of: instance, at: site.clock.now()) == counted)
        _ = try await site.cloud.perform(ResumeInstance(by: site.anna, instance: instance))
        let row = try status(instance, at: site)
        #expect(row.state == .running && row.readyAt == readyAt && row.operation == nil)
        #expect(try guest(instance, at: site).clockBehind == .zero)
    }

    /// An agent that does not take the time keeps nobody from a machine that wakes: it is asked for its addresses then, and once more for the
    /// time when all else is there.
    @Test(arguments: [(0, 1, 0), (1, 2, 1), (2, 2, 1)], [CloudError(.agentSilent) as any Error, OutcomeUnknown("it was told")])
    func aGuestThatWakesIsToldTheTime(_ story: (failures: Int, asked: Int, addresses: Int), _ error: any Error) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        site.clock.advance(by: .seconds(1000))
        _ = try await HostWatch(cloud: site.cloud).pass()
        let calls = Mutex((clock: 0, addresses: 0))
        let deaf = Interference.Hurdle(error) { point in
            guard case .call(let call, _, .before) = point else { return false }
            return calls.withLock {
                if call == "agent.addresses" { $0.addresses += 1 }
                if call == "agent.set-clock" { $0.clock += 1 }
                return call == "agent.set-clock" && $0.clock <= story.failures
            }
        }
        site.stage.interference.set(Interference(hurdles: [deaf]))
        #expect(try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)).notReady == nil)
        #expect(calls.withLock { $0.clock == story.asked && $0.addresses == story.addresses }, "\(calls.withLock(\.self))")
        let behind = try guest(instance, at: site).clockBehind
        #expect(story.failures < 2 ? behind == .zero : behind >= .seconds(1000))
    }

    /// One that does not answer in time is not ready, and is told the time all the same: a wrong clock may be why.
    @Test func aGuestThatIsNotReadyInTimeIsToldTheTimeOnceMore() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
        site.clock.advance(by: .seconds(1000))
        _ = try await HostWatch(cloud: site.cloud).pass()
        let asked = Mutex(0)
        let deaf = Interference.Hurdle(CloudError(.agentSilent)) { point in
            guard case .call(let call, _, .before) = point else { return false }
            if call == "agent.set-clock" {
                return asked.withLock {
                    $0 += 1; return $0 == 1
                }
            }
            return call == "agent.addresses"
        }
        site.stage.interference.set(Interference(hurdles: [deaf]))
        #expect(try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)).notReady != nil)
        #expect(try asked.withLock { $0 } == 2 && guest(instance, at: site).clockBehind == .zero)
    }

    @Test func aPausedInstanceIsForcedOffAndDestroyed() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(try status(instance, at: site).state == .stopped)
        #expect(site.host.guests.snapshot().guests.isEmpty)
    }

    /// Each verb in each state that it is not allowed in: refused at once, and not a row is another.
    @Test(arguments: InstanceState.allCases) func statesThatAreNotAllowed(state: InstanceState) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        try site.disk.write { tx in _ = try tx.statuses.change(instance) { $0.state = state } }
        func expectRefused(_ operation: some CloudOperation, _ verb: Verb) async throws {
            let allowed = try #require(verb.allowedStates)
            guard !allowed.contains(state) else { return }
            let before = try await site.snapshot(.history)
            let words = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            let refusal = CloudError(
                .stateForbids, ["verb": verb.rawValue, "state": state.rawValue, "object": instance.text, "allowed": words])
            await #expect(throws: refusal) { _ = try await site.cloud.perform(operation) }
            #expect(try await before.difference(to: site.snapshot(.history)) == [])
        }
        try await expectRefused(PauseInstance(by: site.anna, instance: instance), .pause)
        try await expectRefused(RebootInstance(by: site.anna, instance: instance), .reboot)
        try await expectRefused(ResetInstance(by: site.anna, instance: instance), .reset)
        try await expectRefused(ResumeInstance(by: site.anna, instance: instance), .resume)
        try await expectRefused(InstallKeys(by: site.anna, instance: instance), .installKeys)
        try await expectRefused(SetPassword(by: site.anna, instance: instance, password: Secret("12345678")), .setPassword)
    }

    @Test func foreignAndUnknownInstancesAreTheSame() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        for id in [instance, ID<InstanceKind>(bits: 7, 7)] {
            let unknown = CloudError(.notFound, ["object": id.text])
            await #expect(throws: unknown) { _ = try await site.cloud.perform(PauseInstance(by: site.bela, instance: id)) }
            await #expect(throws: unknown) { _ = try await site.cloud.perform(RebootInstance(by: site.bela, instance: id)) }
            await #expect(throws: unknown) { _ = try await site.cloud.perform(ResetInstance(by: site.bela, instance: id)) }
            await #expect(throws: unknown) { _ = try await site.cloud.perform(ResumeInstance(by: site.bela, instance: id)) }
            await #expect(throws: unknown) { _ = try await site.cloud.perform(InstallKeys(by: site.bela, instance: id)) }
            await #expect(throws: unknown) {
                _ = try await site.cloud.perform(SetPassword(by: site.bela, instance: id, password: Secret("12345678")))
            }
        }
    }
}
