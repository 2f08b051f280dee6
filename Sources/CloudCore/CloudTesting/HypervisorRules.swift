// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func check(_ rule: HypervisorContract.Rule) async throws {
        switch rule {
        case .startTwice: try await startTwice()
        case .offTwice: try await offTwice()
        case .staleFence: try await staleFence()
        case .repeats: try await repeats()
        case .undone: try await undone()
        case .gone: try await gone()
        case .sightings: try await sightings()
        case .sleep: try await sleep()
        case .nothingToWake: try await nothingToWake()
        case .disks: try await disks()
        case .checkpoints: try await checkpoints()
        case .ports: try await ports()
        case .shutDown: try await shutDown()
        case .pause: try await pause()
        case .reset: try await reset()
        case .screen: try await screen()
        case .seeds: try await seeds()
        case .foreign: try await foreign()
        case .reports: try await reports()
        case .health: try await health()
        case .changes: try await changes()
        case .agent: try await agent()
        case .consoles: try await consoles()
        }
    }

    private func startTwice() async throws {
        let guest = try await guest()
        let command = claim()
        try await host.start(guest, command)
        try await expect(guest, is: .running, "after the start")
        try await fixture.pass()
        let before = try await fixture.counter(of: guest)
        try await host.start(guest, command)
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after two more starts")
        if let before, let after = try await fixture.counter(of: guest) {
            try expect(after >= before, "a second start began anew: the counter fell from \(before) to \(after)")
        }
        let fence = try await host.observe(guest.instance).fence
        try expect(fence > command.fence, "the newest fence seen is not told: \(fence)")
    }

    private func offTwice() async throws {
        let guest = try await guest()
        try await host.off(guest.instance, claim())
        try await expect(guest, is: .absent, "after an off of nothing")
        try await host.start(guest, claim())
        try await host.off(guest.instance, claim())
        try await expect(guest, is: .absent, "after an off")
        try await host.off(guest.instance, claim())
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after a start that follows an off")
    }

    private func staleFence() async throws {
        let guest = try await guest()
        let (old, new) = (claim(), claim())
        func stale(_ step: String) -> Command { Command(run: old.run, step: step, fence: old.fence) }
        func expectNothingDone(_ power: GuestSighting.Power) async throws {
            try await expectRefusal(.fenceStale, when: "start under an old fence") { try await host.start(guest, stale("a")) }
            try await expectRefusal(.fenceStale, when: "off") { try await host.off(guest.instance, stale("b")) }
            try await expectRefusal(.fenceStale, when: "ask") { try await host.askToShutDown(guest.instance, stale("c")) }
            try await expectRefusal(.fenceStale, when: "pause") { try await host.pause(guest.instance, stale("g")) }
            try await expectRefusal(.fenceStale, when: "resume") { try await host.resume(guest.instance, stale("h")) }
            try await expectRefusal(.fenceStale, when: "reset") { try await host.reset(guest.instance, stale("i")) }
            try await expectRefusal(.fenceStale, when: "reboot") { try await host.askToReboot(guest.instance, stale("j")) }
            try await expectRefusal(.fenceStale, when: "suspend") {
                try await host.suspend(guest.instance, to: memory(of: guest), stale("d"))
            }
            try await expectRefusal(.fenceStale, when: "wake") { try await host.wake(guest, from: memory(of: guest), stale("e")) }
            try await expectRefusal(.fenceStale, when: "discard") { try await host.discard(memory(of: guest), stale("f")) }
            try await expect(guest, is: power, "after commands under an old fence")
        }
        try await host.start(guest, new)
        try await expectNothingDone(.running)
        let fence = try await host.observe(guest.instance).fence
        try expect(fence == new.fence, "the fence seen is \(fence), not \(new.fence)")
        try await host.off(guest.instance, Command(run: new.run, step: "off", fence: new.fence))
        // The host must remember the fence although nothing of the guest is left.
        try await expectNothingDone(.absent)
    }

    private func repeats() async throws {
        let guest = try await guest()
        let start = claim("start")
        let off = Command(run: start.run, step: "off", fence: start.fence)
        try await host.start(guest, start)
        try await host.off(guest.instance, off)
        try await host.start(guest, start)
        try await expect(guest, is: .absent, "a start repeated after an off of the same run")
        try await host.start(guest, Command(run: start.run, step: "start again", fence: start.fence))
        try await host.off(guest.instance, off)
        try await expect(guest, is: .running, "an off repeated after another start")
    }

    private func undone() async throws {
        let guest = try await guest()
        let start = claim("start")
        try await host.off(guest.instance, Command(run: start.run, step: "start/undo", fence: start.fence))
        try await expectRefusal(.fenceStale, when: "a start behind its undo") { try await host.start(guest, start) }
        try await expect(guest, is: .absent, "after a start that came behind its undo")
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after a start of another run")
    }

    private func gone() async throws {
        let guest = try await guest()
        let (old, new) = (claim("start"), claim("start"))
        try await host.start(guest, new)
        try await host.off(guest.instance, Command(run: new.run, step: "off", fence: new.fence))
        for _ in 0..<20 { try await host.off(try await self.guest().instance, claim()) }
        try await expectRefusal(.fenceStale, when: "a late start") { try await host.start(guest, old) }
        try await host.start(guest, new)
        try await expect(guest, is: .absent, "after a late copy of its start")
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after a start under a newer fence")
    }

    private func sightings() async throws {
        let guest = try await guest()
        try await expect(guest, is: .absent, "before everything")
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after the start")
        try await fixture.crash(guest)
        try await wait(for: "the crash to be seen") { try await host.observe(guest.instance).power != .running }
        try await expect(guest, is: .crashed, "after its QEMU died")
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after a start that follows a crash")
        try await host.off(guest.instance, claim())
        try await expect(guest, is: .absent, "after the off")
    }

    private func disks() async throws {
        let guest = try await guest()
        let disk = try await fixture.dataDisk()
        let own = guest.disks.map(\.disk).sorted()
        try await expectRefusal(.notFound, when: "a disk for nobody") {
            try await host.attach(disk, slot: 1, to: guest.instance, claim())
        }
        try await host.start(guest, claim())
        guard fixture.obeys else { return }
        try await wait(for: "the guest to boot") { try await answers(guest) }
        let attach = claim()
        try await host.attach(disk, slot: 1, to: guest.instance, attach)
        try await host.attach(disk, slot: 1, to: guest.instance, attach)
        try await host.attach(disk, slot: 1, to: guest.instance, claim())
        let all = (own + [disk.disk]).sorted()
        try expect(try await host.disks(of: guest.instance) == all, "the disk is not the guest's")
        try await host.grow(disk, to: .mebibytes(4), of: guest.instance, claim())
        try await host.grow(disk, to: .mebibytes(2), of: guest.instance, claim())
        let memory = memory(of: guest)
        try await host.suspend(guest.instance, to: memory, claim())
        try await host.wake(guest.with(disks: guest.disks + [disk]), from: memory, claim())
        try await host.discard(memory, claim())
        try expect(try await host.disks(of: guest.instance) == all, "the disk is not the woken guest's")
        try await wait(for: "the guest to go on") { try await answers(guest) }
        try await host.detach(disk.disk, from: guest.instance, claim())
        try await wait(for: "the guest to let the disk go") { try await host.disks(of: guest.instance) == own }
        try await host.detach(disk.disk, from: guest.instance, claim())
        try await host.off(guest.instance, claim())
        try expect(try await host.disks(of: guest.instance).isEmpty, "a guest that is off has disks")
    }

    private func ports() async throws {
        let guest = try await guest()
        let port = try await fixture.port()
        let own = guest.ports.map(\.mac).sorted()
        try await expectRefusal(.notFound, when: "a card for nobody") { try await host.attach(port, to: guest.instance, claim()) }
        try await expectRefusal(.notFound, when: "a card of nobody") { try await host.detach(port, from: guest.instance, claim()) }
        try await host.start(guest, claim())
        guard fixture.obeys else { return }
        try await wait(for: "the guest to boot") { try await answers(guest) }
        let (stale, attach) = (claim(), claim())
        try await host.attach(port, to: guest.instance, attach)
        try await host.attach(port, to: guest.instance, attach)
        try await host.attach(port, to: guest.instance, claim())
        try await expectRefusal(.fenceStale, when: "a late detach") { try await host.detach(port, from: guest.instance, stale) }
        let all = (own + [port.mac]).sorted()
        try expect(try await host.cards(of: guest.instance) == all, "the card is not the guest's")
        let memory = memory(of: guest)
        try await host.suspend(guest.instance, to: memory, claim())
        try expect(try await host.cards(of: guest.instance).isEmpty, "a guest that sleeps has cards")
        try await host.wake(guest.with(ports: guest.ports + [port]), from: memory, claim())
        try await host.discard(memory, claim())
        try expect(try await host.cards(of: guest.instance) == all, "the card is not the woken guest's")
        try await wait(for: "the guest to go on") { try await answers(guest) }
        try await host.detach(port, from: guest.instance, claim())
        try await wait(for: "the guest to let the card go") { try await host.cards(of: guest.instance) == own }
        try await host.detach(port, from: guest.instance, claim())
        try await expect(guest, is: .running, "after its card went")
    }

    private func shutDown() async throws {
        let guest = try await guest()
        try await expectRefusal(.notFound, when: "asking nobody") { try await host.askToShutDown(guest.instance, claim()) }
        try await host.start(guest, claim())
        guard fixture.obeys else { return try await host.askToShutDown(guest.instance, claim()) }
        try await wait(for: "the guest to boot") { try await answers(guest) }
        try await host.askToShutDown(guest.instance, claim())
        try await wait(for: "the guest to shut down") { try await host.observe(guest.instance).power == .off }
        try await host.askToShutDown(guest.instance, claim())
        try await host.start(guest, claim())
        try await expect(guest, is: .running, "after a start that follows a shutdown")
    }

    func answers(_ guest: GuestDescription) async throws -> Bool {
        do { try await host.ping(guest.instance) } catch let refusal as CloudError where refusal.code == .agentSilent { return false }
        return true
    }
}
