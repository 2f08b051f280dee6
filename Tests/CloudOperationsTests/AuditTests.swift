// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import NetFabric
import Testing

/// Each kind of difference between records and hosts is said, and where there is none nothing is.
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

    @Test func whatNoRecordKnowsIsTold() async throws {
        let (site, machine) = try await site()
        try site.disk.write { tx in try tx.claims.delete(machine) }
        try await expect(site, says: "claim of \(machine) is missing")
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
