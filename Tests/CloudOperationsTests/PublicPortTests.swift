// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

@Suite("Public ports are those of the network's range, each once")
struct PublicPortTests {
    private func open(_ site: Site, _ instance: ID<InstanceKind>, public port: UInt16? = nil) async throws -> UInt16 {
        let id = site.cloud.world.ids.next(ForwardedPortKind.self)
        return try await site.cloud.perform(
            OpenForwardedPort(by: site.anna, instance: instance, id: id, targetPort: 22, publicPort: port)
        ).publicPort
    }

    @Test func aPortThatIsTakenBackAfterItsMachineWentIsPaidBackOnce() async throws {
        let probe = AtBoundary()
        let site = try await Site(probe: probe)
        let instance = try await site.launch("lab", by: site.anna)[0]
        await confirmation { seen in
            probe.set(Boundary(.beforeCommit, "opened")) { _ in
                _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
                seen()
                throw CloudError(.unavailable, ["part": "a check"])
            }
            _ = try? await open(site, instance)
        }
        #expect(try site.disk.read { try $0.quotas.find(key: site.anna.user.text)?.used } == .zero)
    }

    /// They are kept for whoever takes the machine out of the trash, and not against those who work.
    @Test func aPortOfADestroyedMachineIsGivenWhereNoOtherIsFree() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        _ = try await site.cloud.world.store.write { tx in
            try tx.networks.change(SimulatedSite.network) { ($0.firstPublicPort, $0.lastPublicPort) = (20_000, 20_002) }
        }
        for instance in made { _ = try await open(site, instance) }
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: made[1]))
        site.clock.advance(by: .seconds(60))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: made[0]))
        #expect(try await open(site, made[2]) == 20_001, "the one that was destroyed first")
        #expect(try await open(site, made[2]) == 20_000)
        await #expect(throws: CloudError.self) { try await open(site, made[2]) }
        #expect(try site.disk.read { try $0.miscounted() } == [])
        // What it had is another's now; it comes back without.
        site.clock.advance(by: .seconds(60))
        let recover = RecoverInstance(by: site.anna, instance: made[0], port: site.cloud.world.ids.next(PortKind.self))
        _ = try await site.cloud.perform(recover)
        #expect(try site.disk.read { try $0.miscounted() } == [])
    }

    @Test func allOfASmallRangeAreGivenAndThenTheRefusalSaysWhichThereWere() async throws {
        let site = try await Site()
        let instance = try await site.launch("lab", by: site.anna)[0]
        let network = try await site.cloud.world.store.write { tx in
            try tx.networks.change(SimulatedSite.network) { ($0.firstPublicPort, $0.lastPublicPort) = (20_000, 20_002) }
        }
        for port in network.firstPublicPort...network.lastPublicPort { #expect(try await open(site, instance) == port) }
        let facts = ["network": network.name.text, "protocol": "tcp", "first": "20000", "last": "20002"]
        await #expect(throws: CloudError(.publicPortsExhausted, facts)) { try await open(site, instance) }
        await #expect(throws: CloudError(.publicPortTaken, ["port": "20001", "protocol": "tcp"])) {
            try await open(site, instance, public: 20_001)
        }
        for outside: UInt16 in [443, 19_999, 20_003] {
            await #expect(throws: CloudError(.publicPortOutside, ["port": "\(outside)", "first": "20000", "last": "20002"])) {
                try await open(site, instance, public: outside)
            }
        }
    }
}
