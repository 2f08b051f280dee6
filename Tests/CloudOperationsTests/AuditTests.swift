// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import NetFabric
import Synchronization
import Testing

/// What a whole site's audit says, while things change and while they stand still; each kind of difference is in ``AuditKindsTests``.
@Suite struct AuditTests {
    private func site() async throws -> (Site, ID<InstanceKind>) {
        let site = try await Site()
        let made = try await site.launch("lab", by: site.anna)
        #expect(try await Self.said(site).isEmpty)
        return (site, try #require(made.first))
    }

    private static func said(_ site: Site) async throws -> [String] {
        try await Audit(cloud: site.cloud).report(for: site.admin).differences
    }

    private func expect(_ site: Site, says parts: String...) async throws {
        let said = try await Self.said(site)
        for part in parts { #expect(said.contains { $0.contains(part) }, "\(part) is not among \(said)") }
    }

    @Test func aMachineThatDiedIsToldBeforeAnybodySettlesIt() async throws {
        let (site, machine) = try await site()
        try site.host.guests.crash(machine)
        try await expect(site, says: "machine \(machine) is crashed, and by its record it is not")
    }

    @Test func aMachineThatAVerbHoldsIsCountedAllTheSame() async throws {
        let (site, machine) = try await site()
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).machines == 1)
        let operation = site.cloud.world.ids.next(OperationKind.self)
        try site.disk.write { tx in _ = try tx.statuses.change(machine) { $0.operation = operation } }
        let report = try await Audit(cloud: site.cloud).report(for: site.admin)
        #expect(report.machines == 1 && report.differences.isEmpty, "\(report)")
    }

    @Test func halfATapAndANetworkThatIsNotServedAreTold() async throws {
        let (site, _) = try await site()
        try site.host.fabric.alter { state in
            for device in state.parts.ports.keys { state.parts.ports[device]?.hasTap = false }
            for network in state.parts.networks.keys { state.parts.networks[network]?.answers = false }
        }
        try await expect(site, says: "a part is missing", "network \(SimulatedSite.network) is not served as it was told")
    }

    @Test func whatDriftedOfOnePortIsTold() async throws {
        let (site, _) = try await site()
        let device = try #require(site.host.snapshot().fabric.parts.ports.keys.first)
        let drifts: [(String, @Sendable (inout SimulatedFabric.Port) -> Void)] = [
            ("filter of \(device) is missing", { $0.driftedFlows = 1 }), ("of tap \(device) a part is missing", { $0.tag = 9 }),
            ("of tap \(device) a part is missing", { $0.isUp = false }), ("of tap \(device) a part is missing", { $0.isMuted = false }),
        ]
        for (sentence, drift) in drifts {
            let whole = site.host.snapshot().fabric.parts.ports[device]
            try site.host.fabric.alter { state in if var port = state.parts.ports[device] { drift(&port); state.parts.ports[device] = port }
            }
            try await expect(site, says: sentence)
            try site.host.fabric.alter { $0.parts.ports[device] = whole }
            #expect(try await Self.said(site).isEmpty)
        }
    }

    @Test func whatNoRecordKnowsIsTold() async throws {
        let (site, machine) = try await site()
        try site.disk.write { tx in try tx.claims.delete(machine) }
        try await expect(site, says: "claim of \(machine) is missing")
    }

    /// What the collector removes, or a launch brings, while the hosts are asked is neither surplus nor missing.
    @Test(arguments: [true, false]) func whatChangesWhileTheHostsAreAskedIsNoDifference(isRemoved: Bool) async throws {
        var settings = CollectorTests.greedy
        settings.trashKept = .zero
        let site = try await Site(settings: settings)
        let (kept, going) = (try await site.launch("kept", by: site.anna), try await site.launch("going", by: site.anna))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: going[0]))
        site.clock.advance(by: .seconds(1))
        _ = try await HostWatch(cloud: site.cloud).pass()
        let meanwhile = Mutex<(@Sendable () async throws -> Void)?>(nil)
        let host = SimulatedHost(
            state: site.host.snapshot(), clock: site.clock,
            faults: { call, _, phase in
                guard call == "store.inventory", phase == .after else { return }
                let change = meanwhile.withLock { change in
                    defer { change = nil }
                    return change
                }
                try await change?()
            })
        let cloud = Cloud(
            world: SimulatedSite.world(
                store: try site.disk.reopened(), host: host, clock: site.clock, sources: SeededSources(seed: 2), settings: settings),
            clock: site.clock.waiting)
        let disks = host.snapshot().disks.disks.count
        meanwhile.withLock { change in
            change = {
                if isRemoved {
                    _ = try await Collector(cloud: cloud).pass(driving: true)
                } else {
                    _ = try await cloud.perform(ShutDownInstance(by: site.anna, instance: kept[0]))
                    _ = try await cloud.perform(
                        cloud.request(template: site.template, name: "new", count: 1, start: true, by: site.anna))
                    try await cloud.runner.recover()
                }
            }
        }
        let report = try await Audit(cloud: cloud).report(for: site.admin)
        #expect(meanwhile.withLock { $0 == nil } && report.differences.isEmpty, "\(report.differences)")
        #expect(host.snapshot().disks.disks.count == disks + (isRemoved ? -1 : 1))
        #expect(report.trashed == (isRemoved ? 0 : 1))
    }

    /// A refused launch leaves nothing: what it had while the store was listed is in the records of no moment. What stays is told.
    @Test(arguments: [true, false]) func whatIsTakenBackWhileTheHostsAreAskedIsNoDifference(isTakenBack: Bool) async throws {
        let (site, _) = try await site()
        let again = Mutex<(@Sendable () throws -> Void)?>(nil)
        let host = SimulatedHost(
            state: site.host.snapshot(), clock: site.clock,
            faults: { call, _, phase in if call == "store.inventory", phase == .after { try again.withLock { try $0?() } } })
        let cloud = Cloud(
            world: SimulatedSite.world(store: try site.disk.reopened(), host: host, clock: site.clock, sources: SeededSources(seed: 2)),
            clock: site.clock.waiting)
        try host.disks.intervene { $0.strangers = ["disks/half"] }
        if isTakenBack { again.withLock { $0 = { try host.disks.intervene { $0.strangers = [] } } } }
        let said = try await Audit(cloud: cloud).report(for: site.admin).differences
        #expect(said == (isTakenBack ? [] : ["\(SimulatedSite.host): file disks/half belongs to no record"]))
    }

    /// Memory bears another name until all of it is written, and the audit of a lab that is being suspended says nothing.
    @Test func theHalfFileOfAMachineOnItsWayIsNoStranger() async throws {
        let (site, machine) = try await site()
        try site.host.disks.intervene { $0.strangers = ["memory/\(machine).partial"] }
        try await expect(site, says: "file memory/\(machine).partial belongs to no record")
        let operation = site.cloud.world.ids.next(OperationKind.self)
        try site.disk.write { tx in _ = try tx.statuses.change(machine) { $0.operation = operation } }
        #expect(try await Self.said(site).isEmpty)
    }

    @Test func aLeaseThatNobodyLooksAtIsTold() async throws {
        let (site, machine) = try await site()
        let due = try #require(try await site.cloud.world.store.read { try $0.leases.get(machine).lookAt })
        site.clock.advance(by: due - site.clock.now() + .seconds(600))
        let said = try await Self.said(site)
        #expect(!said.contains { $0.contains("lease") }, "\(said)")
        site.clock.advance(by: .seconds(1))
        try await expect(site, says: "the lease of \(machine) is due for more than ten minutes")
    }
}
