// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func sleep() async throws {
        let guest = try await guest()
        let memory = memory(of: guest)
        try await host.start(guest, claim())
        try await wait(for: "the counter") { try await fixture.counter(of: guest).map { $0 >= 2 } ?? true }
        try await expectMemory(of: guest, false, "before the suspend")
        try await host.suspend(guest.instance, to: memory, claim())
        try await expect(guest, is: .absent, "after the suspend")
        try await expectMemory(of: guest, true, "after the suspend")
        try await host.suspend(guest.instance, to: memory, claim())
        try await expectMemory(of: guest, true, "after a second suspend")
        let slept = try await fixture.counter(of: guest)

        let wake = claim()
        try await host.wake(guest, from: memory, wake)
        try await expect(guest, is: .running, "after the wake")
        try await wait(for: "the counter to go on") {
            let now = try await fixture.counter(of: guest)
            return now.map { $0 > (slept ?? 1) } ?? true
        }
        let running = try await fixture.counter(of: guest)
        try await host.wake(guest, from: memory, wake)
        try await host.wake(guest, from: memory, claim())
        try await expect(guest, is: .running, "after two more wakes")
        if let running, let now = try await fixture.counter(of: guest) {
            try expect(now >= running, "a second wake went back in time: \(running) to \(now)")
        }

        // Its disk has moved on: memory that was woken once must never be woken again.
        try await host.off(guest.instance, claim())
        try await expectMemory(of: guest, false, "after it was woken")
        try await expectRefusal(.memoryGone, when: "a second wake after an off") { try await host.wake(guest, from: memory, claim()) }
        try await expect(guest, is: .absent, "after a refused wake")
        try await host.discard(memory, claim())
        try await host.discard(memory, claim())

        // The next sleep is a new one.
        try await host.start(guest, claim())
        try await host.suspend(guest.instance, to: memory, claim())
        try await expectMemory(of: guest, true, "after the second sleep")
        try await host.start(guest, claim())
        try await expectMemory(of: guest, false, "after a start beside it")
        try await host.discard(memory, claim())
        try await expectMemory(of: guest, false, "after the discard")
    }

    func nothingToWake() async throws {
        let guest = try await guest()
        let memory = memory(of: guest)
        try await expectMemory(of: guest, false, "before everything")
        try await host.discard(memory, claim())
        try await expectRefusal(.notFound, when: "suspend of nothing") { try await host.suspend(guest.instance, to: memory, claim()) }
        try await expectRefusal(.memoryGone, when: "wake of nothing") { try await host.wake(guest, from: memory, claim()) }
        try await expect(guest, is: .absent, "after a refused wake")
        try await host.start(guest, claim())
        try await fixture.crash(guest)
        try await wait(for: "the crash to be seen") { try await host.observe(guest.instance).power == .crashed }
        try await expectRefusal(.stateForbids, when: "suspend of a dead guest") {
            try await host.suspend(guest.instance, to: memory, claim())
        }
        try await expectMemory(of: guest, false, "after a refused suspend")
    }

    func foreign() async throws {
        let guest = try await guest()
        let memory = memory(of: guest)
        try await fixture.addStranger(named: guest.instance)
        try await expectRefusal(.nameTaken, when: "start") { try await host.start(guest, claim()) }
        try await expectRefusal(.nameTaken, when: "ask") { try await host.askToShutDown(guest.instance, claim()) }
        try await expectRefusal(.nameTaken, when: "pause") { try await host.pause(guest.instance, claim()) }
        try await expectRefusal(.nameTaken, when: "resume") { try await host.resume(guest.instance, claim()) }
        try await expectRefusal(.nameTaken, when: "reset") { try await host.reset(guest.instance, claim()) }
        try await expectRefusal(.nameTaken, when: "reboot") { try await host.askToReboot(guest.instance, claim()) }
        try await expectRefusal(.nameTaken, when: "suspend") { try await host.suspend(guest.instance, to: memory, claim()) }
        try await expectRefusal(.nameTaken, when: "wake") { try await host.wake(guest, from: memory, claim()) }
        try await host.off(guest.instance, claim())
        try await expect(guest, is: .absent, "a domain that is not ours")
        let report = try await host.report()
        try expect(!report.guests.contains { $0.instance == guest.instance }, "the report names a domain that is not ours")
        try expect(try await fixture.removeStranger(named: guest.instance), "the foreign domain was touched")
    }

    func reports() async throws {
        let guests = [try await guest(), try await guest()]
        let first = try await host.report()
        try expect(!first.bootID.isEmpty && first.cpus > .zero && first.memory > .zero, "the host does not describe itself: \(first)")
        for guest in guests { try await host.start(guest, claim()) }
        let second = try await host.report()
        try expect(second.number > first.number, "report \(second.number) after report \(first.number)")
        try expect(second.bootID == first.bootID, "the boot id changed without a boot")
        try expect(second.guests.map(\.instance) == second.guests.map(\.instance).sorted(), "the guests are not in order")
        for guest in guests {
            let told = second.guests.first { $0.instance == guest.instance }
            try expect(told?.power == .running, "the report does not say that \(guest.instance) runs: \(String(describing: told))")
            let seen = try await host.observe(guest.instance)
            try expect(told == seen, "report and observation differ: \(String(describing: told)), \(seen)")
        }
        try await host.off(guests[0].instance, claim())
        let third = try await host.report()
        try expect(!third.guests.contains { $0.instance == guests[0].instance }, "the report names a guest that is gone")
    }

    func changes() async throws {
        let (one, two) = (try await guest(), try await guest())
        func news(since cursor: ChangeCursor) async throws -> (powers: [ID<InstanceKind>: GuestSighting.Power], next: ChangeCursor) {
            var powers: [ID<InstanceKind>: GuestSighting.Power] = [:]
            var cursor = cursor
            for _ in 0..<100 {
                let page = try await host.changes(since: cursor)
                try expect(page.sightings.count <= 1000, "\(page.sightings.count) changes at a time")
                for sighting in page.sightings { powers[sighting.instance] = sighting.power }
                cursor = page.next
                if page.sightings.isEmpty { return (powers, cursor) }
            }
            throw ContractViolation(rule: rule, detail: "the changes never end")
        }
        let begin = try await host.changes(since: .now)
        try expect(begin.sightings.isEmpty && begin.next != .now, "now is not the present: \(begin)")
        try await host.start(one, claim())
        try await host.start(two, claim())
        let started = try await news(since: begin.next)
        try expect(started.powers[one.instance] == .running && started.powers[two.instance] == .running, "starts are lost: \(started)")
        try await host.off(one.instance, claim())
        try await fixture.crash(two)
        try await wait(for: "the crash to be seen") { try await host.observe(two.instance).power == .crashed }
        let stopped = try await news(since: started.next)
        try expect(stopped.powers[one.instance] == .absent && stopped.powers[two.instance] == .crashed, "stops are lost: \(stopped)")
        let again = try await news(since: begin.next)
        try expect(again.powers[one.instance] == .absent && again.powers[two.instance] == .crashed, "an older cursor loses: \(again)")
        let foreign = try await news(since: ChangeCursor("of another boot/17"))
        try expect(foreign.powers[two.instance] == .crashed, "a cursor of another boot does not answer with everything: \(foreign)")
    }

    func agent() async throws {
        let guest = try await guest()
        try await expectRefusal(.notFound, .agentSilent, when: "a ping of nobody") { try await host.ping(guest.instance) }
        try await host.start(guest, claim())
        guard fixture.hasAgent else {
            try await expectRefusal(.agentSilent, when: "a ping without agent") { try await host.ping(guest.instance) }
            try await expectRefusal(.agentSilent, when: "the time without agent") { try await host.setClock(guest.instance) }
            return try await expectRefusal(.agentSilent, when: "a question without agent") { _ = try await host.addresses(guest.instance) }
        }
        try await wait(for: "the agent to answer") { try await answers(guest) }
        let addresses = try await host.addresses(guest.instance)
        try expect(addresses == addresses.sorted() && addresses.count <= 64, "addresses are not in order: \(addresses)")
        try expect(!addresses.contains { $0.hasPrefix("127.") || $0 == "::1" }, "the loopback is told: \(addresses)")
        try await host.setClock(guest.instance)
        let keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE== one"]
        let stale = claim()
        let command = claim("keys")
        try await host.authorize(keys, for: "root", in: guest.instance, command)
        try await host.authorize([], for: "root", in: guest.instance, claim())
        try await host.setPassword(GuestPassword("20 characters of it \"'"), for: "root", in: guest.instance, claim())
        try await host.leave(GuestNote("It is $(reboot) 'soon'.\n"), in: guest.instance, claim())
        try await expectRefusal(.fenceStale, when: "an older authorisation") {
            try await host.authorize(keys, for: "root", in: guest.instance, stale)
        }
        try await expectRefusal(.fenceStale, when: "an older password") {
            try await host.setPassword(GuestPassword("older"), for: "root", in: guest.instance, stale)
        }
        try await expectRefusal(.fenceStale, when: "an older note") { try await host.leave(.none, in: guest.instance, stale) }
        try await host.off(guest.instance, claim())
        try await expectRefusal(.notFound, .agentSilent, when: "a note for nobody") {
            try await host.leave(.none, in: guest.instance, claim())
        }
        try await expectRefusal(.notFound, .agentSilent, when: "a password for nobody") {
            try await host.setPassword(GuestPassword("nobody's"), for: "root", in: guest.instance, claim())
        }
    }
}
