// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

@Suite struct RestoredTests {
    /// What was made after the backup runs on, and no record has its address.
    @Test func aNewMachineDoesNotGetTheAddressOfOneThatWasMadeSince() async throws {
        let site = try await Site()
        _ = try await site.launch("before", by: site.anna)
        let backup = try site.stage.copied()
        func made(_ cloud: Cloud, _ count: Int) async throws -> Set<IPv4Address> {
            let ids = try await cloud.perform(cloud.request(template: site.template, name: "x", count: count, start: false, by: site.anna))
            return try await cloud.world.store.read { view in
                Set(try ids.flatMap { try view.ports.all(.equals(.instance, .id($0))).map(\.ipv4) })
            }
        }
        let since = try await made(site.cloud, 20)
        // A restore that was broken off is done again.
        for _ in 0..<2 { _ = try await Restored.settle(backup.disk, at: backup.clock.now()) }
        let new = try await made(backup.nextManager(), 20)
        #expect(since.count == 20 && new.count == 20 && since.isDisjoint(with: new))
    }
}
