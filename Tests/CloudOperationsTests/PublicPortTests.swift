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
    @Test func portsOfDestroyedMachinesGoWhereAFifthIsNotFree() async throws {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 3, by: site.anna)
        // Four ports, of which one is to be free.
        _ = try await site.cloud.world.store.write { tx in
            try tx.networks.change(SimulatedSite.network) { ($0.firstPublicPort, $0.lastPublicPort) = (20_000, 20_003) }
        }
        for instance in made { _ = try await open(site, instance) }
        func destroy(_ instance: ID<InstanceKind>) async throws {
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
            site.clock.advance(by: .seconds(60))
        }
        func recover(_ instance: ID<InstanceKind>) async throws -> RecoverInstance.Output {
            try await site.cloud.perform(RecoverInstance(by: site.anna, instance: instance, port: site.cloud.world.ids.next(PortKind.self)))
        }
        try await destroy(made[1])
        try await destroy(made[0])
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(try site.disk.read { try $0.forwardedPorts.all().count } == 3, "one is free")
        #expect(try await open(site, made[2]) == 20_003)
        await #expect(throws: CloudError.self) { try await open(site, made[2]) }
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(try await open(site, made[2]) == 20_001, "the one that was destroyed first gave it")
        let without = try await recover(made[1])
        #expect(without.lostPublicPorts == [.init(publicPort: 20_001, transport: .tcp, targetPort: 22)])
        #expect(try await recover(made[0]).lostPublicPorts == nil)
        #expect(try await site.cloud.forwardedPorts(of: made[0], for: site.anna).elements.map(\.publicPort) == [20_000])
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
