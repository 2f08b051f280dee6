// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import NetFabric
import Testing

@testable import CloudOperations

/// What a host serves is made good where it is not as the records say, and left alone where it is (invariant I40).
@Suite struct FabricWatchTests {
    private func served() async throws -> (Site, [ID<InstanceKind>]) {
        let site = try await Site()
        let made = try await site.launch("lab-%02d", count: 2, by: site.anna)
        _ = try await site.cloud.perform(
            OpenForwardedPort(by: site.anna, instance: made[0], id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
        return (site, made)
    }

    @Test func whereAllIsAsItShouldBeNothingIsSent() async throws {
        let (site, made) = try await served()
        let before = site.host.fabric.snapshot()
        for _ in 0..<3 { #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet) }
        #expect(site.host.fabric.snapshot() == before, "not a command, for the host would remember it")
        for instance in made { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet, "and nothing for what is gone")
    }

    @Test func whateverIsBrokenIsMadeGoodAndThenThereIsQuiet() async throws {
        let (site, _) = try await served()
        let whole = site.host.fabric.snapshot().parts
        let drifts: [@Sendable (inout SimulatedFabric.State) -> Void] = [
            { state in for device in state.parts.ports.keys { state.parts.ports[device]?.filter = nil } },
            { state in for device in state.parts.ports.keys.sorted().prefix(1) { state.parts.ports[device] = nil } },
            { state in
                for device in state.parts.ports.keys { state.parts.ports[device]?.hasTap = false; state.parts.ports[device]?.tag = nil }
            },
            { state in for device in state.parts.ports.keys { state.parts.ports[device]?.hasTap = false } },
            { state in for device in state.parts.ports.keys { state.parts.ports[device]?.tag = nil } },
            { state in for network in state.parts.networks.keys { state.parts.networks[network]?.answers = false } },
            { state in for network in state.parts.networks.keys { state.parts.networks[network]?.named = [] } },
            { state in for network in state.parts.networks.keys { state.parts.networks[network]?.forwards = nil } },
            { state in for network in state.parts.networks.keys { state.parts.networks[network]?.gateway = nil } },
            { state in state.parts = .init() },
        ]
        for (number, drift) in drifts.enumerated() {
            try site.host.fabric.alter(drift)
            #expect(site.host.fabric.snapshot().parts != whole, "drift \(number)")
            let report = try await FabricWatch(cloud: site.cloud).pass()
            #expect(!report.isQuiet && report.failed.isEmpty, "drift \(number): \(report)")
            #expect(site.host.fabric.snapshot().parts == whole, "drift \(number)")
            #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet, "drift \(number)")
        }
    }

    /// One flow, tag, link or rule of one port, all else in place: the next look finds it, and sends a command to that port only. Looks come
    /// often enough that what drifts just behind one is whole again within ten seconds.
    @Test func whatDriftsOfOnePortIsFoundByTheNextLook() async throws {
        let (site, _) = try await served()
        let whole = site.host.fabric.snapshot().parts
        let ports = try site.disk.read { view in try view.ports.all().map(\.id) }
        let port = try #require(ports.last)
        let device = "lyc" + port.body.prefix(12)
        let drifts: [@Sendable (inout SimulatedFabric.Port) -> Void] = [
            { $0.driftedFlows = 1 }, { $0.tag = 9 }, { $0.isUp = false }, { $0.isMuted = false }, { $0.hasTap = false },
            { $0.filter = nil },
        ]
        for (number, drift) in drifts.enumerated() {
            try site.host.fabric.alter { state in
                var drifted = state.parts.ports[device] ?? SimulatedFabric.Port()
                drift(&drifted)
                state.parts.ports[device] = drifted
            }
            #expect(site.host.fabric.snapshot().parts != whole, "drift \(number)")
            let report = try await FabricWatch(cloud: site.cloud).pass()
            #expect(report.ports == [port] && report.networks.isEmpty && report.failed.isEmpty, "drift \(number): \(report)")
            #expect(site.host.fabric.snapshot().parts == whole, "drift \(number)")
            let looks = Interference()
            site.stage.interference.set(looks)
            #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet, "drift \(number)")
            let calls = looks.points.map(\.description)
            #expect(!calls.isEmpty && !calls.contains { $0.contains("port.") }, "no look at each port where all are whole: \(calls)")
        }
        #expect(ports.count > 1 && Settings().driftInterval * 2 <= .seconds(10))
    }

    @Test func aRowThatCannotBeReadHoldsUpNoOtherPort() async throws {
        let (site, made) = try await served()
        let ports = try made.map { instance in
            try #require(try site.disk.read { try $0.ports.first(.equals(.instance, .id(instance))) })
        }
        func devices() -> Set<String> { Set(site.host.fabric.snapshot().parts.ports.keys) }
        let named = ports.map { "lyc" + $0.id.body.prefix(12) }
        #expect(devices() == Set(named))

        let mend = try site.breakStatus(of: made[0])
        try site.host.fabric.alter { $0.parts = .init() }
        let report = try await FabricWatch(cloud: site.cloud).pass()
        #expect(report.networks == [SimulatedSite.network] && report.ports == [ports[1].id] && devices() == [named[1]])
        #expect(Array(report.failed.keys) == [made[0].text])
        let served = try #require(site.host.fabric.snapshot().parts.networks[SimulatedSite.network.text])
        #expect(served.named.count == 2, "the network knows the machine all the same: \(served.named)")
        #expect(report.news(of: SimulatedSite.host, since: nil).count == 2, "what was repaired, and what was not")
        let next = try await FabricWatch(cloud: site.cloud).pass()
        #expect(next.networks.isEmpty && next.ports.isEmpty && next.news(of: SimulatedSite.host, since: report).isEmpty)
        try mend()
        #expect(try await FabricWatch(cloud: site.cloud).pass().ports == [ports[0].id])
        #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet)

        // Without one of its ports nobody can say what a network serves: it stays as it is, and the other ports are repaired.
        try site.breakPort(ports[0].id)
        try site.host.fabric.alter { $0.parts.ports = [:] }
        let last = try await FabricWatch(cloud: site.cloud).pass()
        #expect(last.ports == [ports[1].id] && last.networks.isEmpty)
        #expect(Set(last.failed.keys) == [ports[0].id.text, SimulatedSite.network.text])
    }

    @Test func whatAVerbHasIsLeftToIt() async throws {
        let (site, made) = try await served()
        let held = ID<OperationKind>(bits: 0, 5)
        try site.disk.write { tx in _ = try tx.statuses.change(made[0]) { $0.operation = held } }
        let device = try site.disk.read { view in
            let port = try view.ports.first(.equals(.instance, .id(made[0])))
            return port.map { "lyc" + $0.id.body.prefix(12) } ?? ""
        }
        try site.host.fabric.alter { $0.parts.ports[device] = nil }
        let report = try await FabricWatch(cloud: site.cloud).pass()
        #expect(report.ports.isEmpty && site.host.fabric.snapshot().parts.ports[device] == nil)
    }

    /// A start holds its machine for as long as five minutes: a guest that waits for DHCP meanwhile is not left to it.
    @Test func aNetworkIsRepairedThoughAVerbHasTheOnlyMachineOnIt() async throws {
        let site = try await Site()
        let made = try await site.launch("one", by: site.anna)
        let whole = site.host.fabric.snapshot().parts
        try site.disk.write { tx in _ = try tx.statuses.change(made[0]) { $0.operation = ID<OperationKind>(bits: 0, 5) } }
        #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet)
        try site.host.fabric.alter { $0.parts.networks[SimulatedSite.network.text]?.answers = false }
        #expect(site.host.fabric.snapshot().parts != whole)
        let report = try await FabricWatch(cloud: site.cloud).pass()
        #expect(report.networks == [SimulatedSite.network] && report.ports.isEmpty && report.failed.isEmpty, "\(report)")
        #expect(site.host.fabric.snapshot().parts == whole)
        #expect(try await FabricWatch(cloud: site.cloud).pass().isQuiet)
    }

    @Test func aVerbThatCameInBetweenIsNotWorkedAgainst() async throws {
        let (site, made) = try await served()
        let port = try site.disk.read { try $0.ports.first(.equals(.instance, .id(made[0]))) }
        let id = try #require(port?.id)
        // The host has seen a newer fence than the row had when the watch looked.
        let fence = try site.fence(of: made[0])
        try site.disk.write { tx in _ = try tx.statuses.change(made[0]) { $0.fence = Fence(fence.number - 1) } }
        try site.host.fabric.alter { $0.parts.ports["lyc" + id.body.prefix(12)] = nil }
        let report = try await FabricWatch(cloud: site.cloud).pass()
        #expect(report.ports.isEmpty && report.failed.isEmpty)
    }

    @Test func aHostThatIsAwayIsToldOnceAndHoldsUpNothing() async throws {
        let (site, _) = try await served()
        let away = Interference.Hurdle(CloudError(.hostUnreachable, ["host": "host-1"])) { _ in true }
        site.stage.interference.set(Interference(hurdles: [away]))
        let report = try await FabricWatch(cloud: site.cloud).pass()
        #expect(report.failed.count == 1 && report.networks.isEmpty && report.ports.isEmpty)
    }
}
