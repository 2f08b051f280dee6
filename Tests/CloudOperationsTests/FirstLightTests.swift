// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

@Suite struct FirstLightTests {
    @Test func aBatchIsLaunchedSleepsWakesAndGoes() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        let page = try await site.cloud.instances(for: site.anna)
        #expect(page.elements.map(\.instance.name.text).sorted() == ["lab-01", "lab-02", "lab-03"])
        #expect(page.elements.allSatisfy { $0.shown == .known(.running) && $0.status.readyAt != nil && $0.status.operation == nil })
        #expect(try await site.cloud.instances(for: site.bela).elements.isEmpty)
        await #expect(throws: CloudError(.notFound, ["object": made[0].text])) {
            try await site.cloud.perform(SuspendInstance(by: site.bela, instance: made[0]))
        }
        _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: made[0]))
        #expect(site.host.guests.snapshot().guests[made[0]] == nil)
        let woken = try await site.cloud.perform(WakeInstance(by: site.anna, instance: made[0]))
        #expect(woken.notReady == nil)
        let forward = try await site.cloud.perform(
            OpenForwardedPort(by: site.anna, instance: made[1], id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
        #expect(forward.publicPort == 20_000)
        _ = try await site.cloud.perform(ShutDownInstance(by: site.anna, instance: made[1]))
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: made[2]))
        for instance in made { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        let state = site.host.snapshot()
        #expect(state.guests.guests.isEmpty && state.guests.memories.values.allSatisfy(\.isEmpty))
        #expect(state.fabric.parts.ports.isEmpty)
        #expect(state.fabric.parts.networks.values.allSatisfy { $0.named.isEmpty && $0.forwards?.isEmpty ?? true })
        site.clock.advance(by: .seconds(8 * 86_400))
    }

    /// So that a daemon can try its key before it is needed.
    @Test func whatASiteKeepsSealedOpensWithItsKey() async throws {
        let site = try await Site()
        #expect(try await site.cloud.someSealed().isEmpty)
        _ = try await site.launch("one", by: site.anna)
        let sealed = try await site.cloud.someSealed()
        #expect(try sealed.count == 1 && !site.cloud.world.sealer.open(sealed[0]).isEmpty)
    }
}
