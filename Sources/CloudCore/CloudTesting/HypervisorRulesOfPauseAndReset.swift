// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func pause() async throws {
        let guest = try await guest()
        try await expectRefusal(.notFound, when: "pausing nobody") { try await host.pause(guest.instance, claim()) }
        try await expectRefusal(.notFound, when: "resuming nobody") { try await host.resume(guest.instance, claim()) }
        try await host.start(guest, claim())
        try await wait(for: "the counter") { try await fixture.counter(of: guest).map { $0 >= 2 } ?? true }
        let pause = claim()
        try await host.pause(guest.instance, pause)
        try await expect(guest, is: .paused, "after the pause")
        let seen = try await host.observe(guest.instance)
        try expect(seen.cause == .asked, "it was asked for, and the cause is \(String(describing: seen.cause))")
        try await host.pause(guest.instance, claim())
        try await fixture.pass()
        let stood = try await fixture.counter(of: guest)
        for _ in 0..<10 { try await fixture.pass() }
        try expect(try await fixture.counter(of: guest) == stood, "its processors did not stand still")

        try await host.resume(guest.instance, claim())
        try await expect(guest, is: .running, "after the resume")
        try expect(try await host.observe(guest.instance).cause == nil, "it runs, and a cause is told why not")
        try await host.resume(guest.instance, claim())
        try await wait(for: "the counter to go on") {
            let now = try await fixture.counter(of: guest)
            return now.map { $0 > stood ?? 0 } ?? true
        }
        let repeated = Command(run: pause.run, step: "another", fence: try await host.observe(guest.instance).fence)
        try await host.pause(guest.instance, repeated)
        try await host.resume(guest.instance, Command(run: pause.run, step: "resume", fence: repeated.fence))
        try await host.pause(guest.instance, repeated)
        try await expect(guest, is: .running, "after a pause that was done before")
        try await refusedOfTheDead(guest)
    }

    private func refusedOfTheDead(_ guest: GuestDescription) async throws {
        try await fixture.crash(guest)
        try await wait(for: "the crash to be seen") { try await host.observe(guest.instance).power == .crashed }
        try await expectRefusal(.stateForbids, when: "pausing the dead") { try await host.pause(guest.instance, claim()) }
        try await expectRefusal(.stateForbids, when: "resuming the dead") { try await host.resume(guest.instance, claim()) }
        try await expectRefusal(.stateForbids, when: "resetting the dead") { try await host.reset(guest.instance, claim()) }
        try await expectRefusal(.stateForbids, when: "asking the dead") { try await host.askToReboot(guest.instance, claim()) }
    }

    func reset() async throws {
        let guest = try await guest()
        try await expectRefusal(.notFound, when: "resetting nobody") { try await host.reset(guest.instance, claim()) }
        try await expectRefusal(.notFound, when: "asking nobody") { try await host.askToReboot(guest.instance, claim()) }
        try await host.start(guest, claim())
        try await hasBooted(guest)
        // High enough that a new count is seen below it.
        try await wait(for: "the counter") { try await fixture.counter(of: guest).map { $0 >= 6 } ?? true }
        let counted = try await host.observe(guest.instance).resets
        let before = try await fixture.counter(of: guest)
        let reset = claim()
        try await host.reset(guest.instance, reset)
        try await expect(guest, is: .running, "after the reset")
        try await wait(for: "the reset to be counted") { try await host.observe(guest.instance).resets > counted }
        if let before {
            try await wait(for: "the counter to begin anew") { try await fixture.counter(of: guest).map { $0 < before } ?? true }
        }
        try await hasBooted(guest)
        // A guest's firmware may reset once more on its way, so the repeat comes when it is up.
        let once = try await host.observe(guest.instance).resets
        try await host.reset(guest.instance, reset)
        for _ in 0..<5 { try await fixture.pass() }
        let still = try await host.observe(guest.instance).resets
        try expect(still == once, "a repeated reset was counted: \(once), then \(still)")
        try await hasBooted(guest)

        try await host.pause(guest.instance, claim())
        try await expectRefusal(.stateForbids, when: "resetting a paused guest") { try await host.reset(guest.instance, claim()) }
        try await expectRefusal(.stateForbids, when: "asking a paused guest") { try await host.askToReboot(guest.instance, claim()) }
        try await host.resume(guest.instance, claim())
        guard fixture.obeys else { return }
        try await host.askToReboot(guest.instance, claim())
        try await wait(for: "the guest to reboot") { try await host.observe(guest.instance).resets > once }
        try await expect(guest, is: .running, "after the reboot")
        try await hasBooted(guest)
    }

    func screen() async throws {
        let guest = try await guest()
        try await expectRefusal(.notFound, when: "looking at nobody") { _ = try await host.screenshot(of: guest.instance) }
        try await host.start(guest, claim())
        for paused in [false, true] {
            if paused { try await host.pause(guest.instance, claim()) }
            let file = try await host.screenshot(of: guest.instance).png
            try expect(file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), "this is no PNG: \(file.prefix(8))")
            try expect(file.count > 100, "a picture of \(file.count) bytes")
        }
        try await fixture.crash(guest)
        try await wait(for: "the crash to be seen") { try await host.observe(guest.instance).power == .crashed }
        try await expectRefusal(.stateForbids, when: "looking at the dead") { _ = try await host.screenshot(of: guest.instance) }
    }

    /// Whoever is asked for something must have somebody who hears it.
    private func hasBooted(_ guest: GuestDescription) async throws {
        try await wait(for: "the guest to boot") {
            if fixture.hasAgent { return try await answers(guest) }
            return try await fixture.counter(of: guest).map { $0 >= 2 } ?? true
        }
    }
}
