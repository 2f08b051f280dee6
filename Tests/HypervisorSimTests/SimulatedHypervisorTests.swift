// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Hypervisor
import HypervisorSim
import Synchronization
import Testing

private struct ManagerDied: Error {}

@Suite struct SimulatedHypervisorTests {
    let fixture = SimulatedFixture()
    var host: SimulatedHypervisor { fixture.host }

    @Test func theCounterGoesOnOverSleepAndBeginsAnewAfterAStart() async throws {
        let guest = try fixture.guest()
        let memory = MemoryImage(instance: guest.instance, store: fixture.store)
        try await host.start(guest, fixture.command())
        fixture.clock.advance(by: .seconds(7))
        #expect(fixture.counter(of: guest) == 7)
        try await host.suspend(guest.instance, to: memory, fixture.command())
        fixture.clock.advance(by: .seconds(1000))
        #expect(fixture.counter(of: guest) == nil)
        try await host.wake(guest, from: memory, fixture.command())
        fixture.clock.advance(by: .seconds(2))
        #expect(fixture.counter(of: guest) == 9)
        #expect(host.snapshot().guests[guest.instance]?.clockBehind == .seconds(1000))
        try await host.setClock(guest.instance)
        #expect(host.snapshot().guests[guest.instance]?.clockBehind == .zero)
        try host.shutDownFromInside(guest.instance)
        try await host.start(guest, fixture.command())
        #expect(fixture.counter(of: guest) == 0)
    }

    @Test func aGuestNeedsTimeToBoot() async throws {
        let guest = try fixture.guest()
        try await host.start(guest, fixture.command())
        fixture.clock.advance(by: .milliseconds(2999))
        await #expect(throws: CloudError(.agentSilent, ["instance": guest.instance.text])) { try await host.ping(guest.instance) }
        try await host.askToShutDown(guest.instance, fixture.command())
        fixture.clock.advance(by: .milliseconds(1))
        try await host.ping(guest.instance)
        #expect(try await host.addresses(guest.instance).contains("10.7.0.5"))
        fixture.clock.advance(by: .seconds(10))
        #expect(try await host.observe(guest.instance).power == .running, "nobody heard the button while it booted")
        try host.setAgent(.hangs, of: guest.instance)
        await #expect(throws: CloudError.self) { try await host.ping(guest.instance) }
    }

    @Test func aGuestThatDoesNotObeyRunsOn() async throws {
        let guest = try fixture.guest()
        try await host.start(guest, fixture.command())
        try host.setObedience(false, of: guest.instance)
        fixture.clock.advance(by: .seconds(5))
        try await host.askToShutDown(guest.instance, fixture.command())
        fixture.clock.advance(by: .seconds(60))
        #expect(try await host.observe(guest.instance).power == .running)
    }

    @Test func whatIsCutOffBeforeHasNotHappenedAndAfterHas() async throws {
        for phase in EffectPhase.allCases {
            let cut = Mutex(true)
            let fixture = SimulatedFixture(faults: { call, _, now in
                if call == "power.start", now == phase, cut.withLock({ $0 }) { throw ManagerDied() }
            })
            let guest = try fixture.guest()
            let command = fixture.command()
            await #expect(throws: ManagerDied.self) { try await fixture.host.start(guest, command) }
            #expect(try await fixture.host.observe(guest.instance).power == (phase == .before ? .absent : .running))
            cut.withLock { $0 = false }
            try await fixture.host.start(guest, command)
            #expect(try await fixture.host.observe(guest.instance).power == .running)
        }
    }

    @Test func anEffectThatCannotBeKeptDidNotHappen() async throws {
        let full = Mutex(false)
        let fixture = SimulatedFixture(onChange: { _ in if full.withLock({ $0 }) { throw CloudError(.diskFull) } })
        let guest = try fixture.guest()
        let before = fixture.host.snapshot()
        full.withLock { $0 = true }
        await #expect(throws: CloudError(.diskFull)) { try await fixture.host.start(guest, fixture.command()) }
        #expect(fixture.host.snapshot() == before)
    }

    @Test func aKeptStateGoesOnInAnotherProcess() async throws {
        let kept = Mutex<Data?>(nil)
        let fixture = SimulatedFixture(onChange: { state in
            let data = try JSONEncoder().encode(state)
            kept.withLock { $0 = data }
        })
        let (guest, sleeper) = (try fixture.guest(), try fixture.guest())
        let command = fixture.command(fence: 4)
        try await fixture.host.start(guest, command)
        try await fixture.host.start(sleeper, fixture.command())
        try await fixture.host.suspend(
            sleeper.instance, to: MemoryImage(instance: sleeper.instance, store: fixture.store), fixture.command())
        let data = try #require(kept.withLock { $0 })
        let state = try JSONDecoder().decode(SimulatedHostState.self, from: data)
        #expect(state == fixture.host.snapshot())

        let after = SimulatedHypervisor(state: state, clock: fixture.clock)
        fixture.clock.advance(by: .seconds(5))
        #expect(after.counter(of: guest.instance, at: fixture.clock.now()) == 5)
        try await after.start(guest, command)
        await #expect(throws: CloudError.self) { try await after.off(guest.instance, fixture.command(fence: 3)) }
        try await after.wake(sleeper, from: MemoryImage(instance: sleeper.instance, store: fixture.store), fixture.command())
    }

    @Test func aRebootStopsEverythingAndShows() async throws {
        let guest = try fixture.guest()
        try await host.start(guest, fixture.command())
        let before = try await host.report()
        let cursor = try await host.changes(since: .now).next
        try host.rebootHost()
        let after = try await host.report()
        #expect(after.bootID != before.bootID && after.number == 1)
        #expect(after.guests.map(\.power) == [.off])
        #expect(try await host.changes(since: cursor).sightings.map(\.power) == [.off])
    }

    @Test func whatWasBeingSavedIsLostByAReboot() async throws {
        let guest = try fixture.guest()
        let memory = MemoryImage(instance: guest.instance, store: fixture.store)
        try await host.start(guest, fixture.command())
        try host.save(guest.instance, to: memory, until: fixture.clock.now() + .seconds(10))
        try host.rebootHost()
        fixture.clock.advance(by: .seconds(20))
        #expect(try await host.observe(memory) == .absent)
        #expect(try await host.observe(guest.instance).power == .off)
        #expect(host.snapshot().partials[fixture.store]?[guest.instance]?.isWhole == false, "what was written lies there")
    }

    /// Between the saving of memory and the taking away of the domain nothing is lost, unless the guest is started afresh.
    @Test func aSuspendThatWasCutOffBehindTheMemoryIsFinished() async throws {
        for way in ["suspend", "wake", "save on", "start", "discard"] {
            let guest = try fixture.guest()
            let memory = MemoryImage(instance: guest.instance, store: fixture.store)
            try await host.start(guest, fixture.command())
            fixture.clock.advance(by: .seconds(7))
            if way == "save on" {
                try host.save(guest.instance, to: memory, until: fixture.clock.now() + .seconds(10))
                #expect(try await host.observe(memory) == .absent)
                fixture.clock.advance(by: .seconds(10))
            } else {
                try host.cutOffSuspend(guest.instance, to: memory, isWhole: true)
            }
            #expect(try await host.observe(guest.instance).power == .off)
            #expect(try await host.observe(memory) == .present(memory))
            switch way {
            case "start": try await host.start(guest, fixture.command())
            case "discard": try await host.discard(memory, fixture.command())
            case "wake": try await host.wake(guest, from: memory, fixture.command())
            default:
                try await host.suspend(guest.instance, to: memory, fixture.command())
                #expect(try await host.observe(guest.instance).power == .absent)
                try await host.wake(guest, from: memory, fixture.command())
            }
            #expect(try await host.observe(memory) == .absent, "\(way)")
            #expect(host.snapshot().partials.isEmpty, "\(way)")
            if way == "discard" { continue }
            #expect(fixture.counter(of: guest) == (way == "start" ? 0 : 7), "\(way)")
        }
    }

    @Test func aPartOfAMemoryIsNone() async throws {
        let guest = try fixture.guest()
        let memory = MemoryImage(instance: guest.instance, store: fixture.store)
        try await host.start(guest, fixture.command())
        try host.cutOffSuspend(guest.instance, to: memory, isWhole: false)
        #expect(try await host.observe(memory) == .absent)
        #expect(try await host.observe(guest.instance).power == .running)
        try host.crash(guest.instance)
        #expect(try await host.observe(memory) == .absent)
        await #expect {
            try await host.suspend(guest.instance, to: memory, fixture.command())
        } throws: { ($0 as? CloudError)?.code == .stateForbids }
        await #expect {
            try await host.wake(guest, from: memory, fixture.command())
        } throws: { ($0 as? CloudError)?.code == .memoryGone }
        try await host.off(guest.instance, fixture.command())
        try await host.discard(memory, fixture.command())
        #expect(host.snapshot().partials.isEmpty)
    }

    @Test func aCopyDoesNothingAndAnOldOneIsRefused() async throws {
        let copies = Mutex<[CommandCopy]>([])
        let fixture = SimulatedFixture(faults: { _, _, phase in
            guard phase == .after, let copy = CommandCopy.current else { return }
            copies.withLock { $0.append(copy) }
        })
        let guest = try fixture.guest()
        try await fixture.host.start(guest, fixture.command(fence: 1))
        let start = try #require(copies.withLock { $0.first })
        let before = fixture.host.snapshot()
        try start.deliver()
        #expect(fixture.host.snapshot() == before)
        try await fixture.host.off(guest.instance, fixture.command(fence: 2))
        #expect { try start.deliver() } throws: { ($0 as? CloudError)?.code == .fenceStale }
        #expect(try await fixture.host.observe(guest.instance).power == .absent)
        #expect(copies.withLock { $0.count } == 2, "a question is no command")
    }

    @Test func whatCannotBeReachedRefusesAndRunsOn() async throws {
        let guest = try fixture.guest()
        try await host.start(guest, fixture.command())
        try host.becomeUnreachable()
        let before = host.snapshot()
        await #expect(throws: CloudError(.hostUnreachable, ["host": "simulated"])) { try await host.report() }
        await #expect(throws: CloudError(.hostUnreachable, ["host": "simulated"])) {
            try await host.off(guest.instance, fixture.command(fence: 9))
        }
        #expect(host.snapshot() == before)
        fixture.clock.advance(by: .seconds(3))
        try host.becomeReachable()
        #expect(fixture.counter(of: guest) == 3)
        #expect(try await host.observe(guest.instance).power == .running)
    }

    @Test func memoryFitsItsOwnMachineOnly() async throws {
        let guest = try fixture.guest()
        let memory = MemoryImage(instance: guest.instance, store: fixture.store)
        try await host.start(guest, fixture.command())
        try await host.suspend(guest.instance, to: memory, fixture.command())
        let larger = GuestDescription(
            instance: guest.instance, title: guest.title, cpus: guest.cpus, memory: guest.memory * 2, disks: guest.disks, ports: guest.ports
        )
        await #expect(throws: CloudError.self) { try await host.wake(larger, from: memory, fixture.command()) }
        #expect(try await host.observe(memory) == .present(memory))
        #expect(try await host.observe(guest.instance).power == .absent)
    }

    @Test func aFullDiskPausesAndAStartGoesOn() async throws {
        let guest = try fixture.guest()
        try await host.start(guest, fixture.command())
        fixture.clock.advance(by: .seconds(4))
        try host.pauseByFullDisk(guest.instance)
        fixture.clock.advance(by: .seconds(100))
        #expect(try await host.observe(guest.instance).power == .paused)
        try await host.start(guest, fixture.command())
        #expect(fixture.counter(of: guest) == 4)
    }

    @Test func historyIsAllThatDiffersAfterAnUndo() async throws {
        let guest = try fixture.guest()
        let before = host.snapshot()
        try await host.start(guest, fixture.command(fence: 1))
        #expect(host.snapshot().withoutHistory != before.withoutHistory)
        try await host.off(guest.instance, fixture.command(fence: 1))
        #expect(host.snapshot() != before)
        #expect(host.snapshot().withoutHistory == before.withoutHistory)
    }
}
