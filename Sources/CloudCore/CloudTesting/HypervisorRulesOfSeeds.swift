// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func seeds() async throws {
        let guest = try await guest()
        let volume = seed(of: guest)
        let seeded = GuestDescription(
            instance: guest.instance, title: guest.title, cpus: guest.cpus, memory: guest.memory, disks: guest.disks, ports: guest.ports,
            seed: volume, processor: guest.processor)
        try await host.remove(volume, claim())
        try await expectSeed(volume, false, "where nothing ever was")
        try await expectRefusal(.notFound, when: "starting without the seed") { try await host.start(seeded, claim()) }
        try await expect(guest, is: .absent, "after a start that was refused")

        let old = claim()
        try await host.ensure(Self.sample("one"), on: volume, claim())
        try await host.ensure(Self.sample("two"), on: volume, claim())
        try await expectSeed(volume, true, "after it was made")
        try await expectRefusal(.fenceStale, when: "a seed under an older fence") {
            try await host.ensure(Self.sample("three"), on: volume, old)
        }
        try await expectRefusal(.fenceStale, when: "a removal under an older fence") { try await host.remove(volume, old) }
        try await expectSeed(volume, true, "after stale commands")

        try await host.start(seeded, claim())
        try await expect(guest, is: .running, "with its seed")
        try await host.suspend(guest.instance, to: memory(of: guest), claim())
        try await expectSeed(volume, true, "while its guest sleeps")
        try await host.wake(seeded, from: memory(of: guest), claim())
        try await expect(guest, is: .running, "after the wake")
        try await host.off(guest.instance, claim())
        let removal = claim()
        try await host.remove(volume, removal)
        try await expectSeed(volume, false, "after the removal")
        try await host.remove(volume, removal)
        try await host.remove(volume, claim())
    }

    private func expectSeed(_ volume: SeedVolume, _ present: Bool, _ when: String) async throws {
        let seen = try await host.observe(volume)
        try expect(seen == (present ? .present(volume) : .absent), "\(when): the seed is \(seen)")
    }

    private static func sample(_ text: String) -> GuestSeed {
        GuestSeed(metaData: "instance-id: \"\(text)\"\n", userData: "#cloud-config\n{}\n", networkConfig: "version: 2\n")
    }
}
