// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import Testing

@testable import CloudOperations

/// What is measured of a host is told, by those who measure it, to those who run the site.
@Suite struct HealthTests {
    private static func grades(_ site: Site) async throws -> [HostFinding.Check: HostFinding.Grade] {
        let findings = try await site.cloud.findings(of: SimulatedSite.host, for: site.admin)
        #expect(findings.map(\.check.rawValue) == findings.map(\.check.rawValue).sorted(), "in the order of the checks")
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.check, $0.grade) })
    }

    @Test func everyCheckIsMadeAndASoundHostIsFine() async throws {
        let site = try await Site()
        let grades = try await Self.grades(site)
        #expect(Set(grades.keys) == Set(HostFinding.Check.allCases))
        #expect(grades.values.allSatisfy { $0 == .fine }, "\(grades)")
    }

    @Test func onlySiteOperatorsAreTold() async throws {
        let site = try await Site()
        await #expect(throws: CloudError(.notFound, ["object": SimulatedSite.host.text])) {
            try await site.cloud.findings(of: SimulatedSite.host, for: site.anna)
        }
    }

    @Test func anIllHostSaysSo() async throws {
        let site = try await Site()
        let slow = HostFinding(.defineTime, took: 44_000, limit: 1000, beyond: .wrong)
        try site.host.guests.fallIll([slow], clockAhead: .seconds(7))
        let findings = try await site.cloud.findings(of: SimulatedSite.host, for: site.admin)
        #expect(findings.contains(slow))
        #expect(findings.first { $0.check == .clock } == HostFinding(.clock, .wrong, ["milliseconds": "7000"]))
        #expect(findings.count { $0.grade != .fine } == 2, "\(findings)")
    }

    @Test func aHostThatIsAwayIsARefusal() async throws {
        let site = try await Site()
        try site.host.guests.becomeUnreachable()
        await #expect(throws: CloudError(.hostUnreachable, ["host": "simulated"])) {
            try await site.cloud.findings(of: SimulatedSite.host, for: site.admin)
        }
    }

    @Test(arguments: [(Int64(4), HostFinding.Grade.wrong), (5, .advice), (19, .advice), (20, .fine), (100, .fine)])
    func roomIsJudgedByWhatIsToBeFree(_ percent: Int64, _ grade: HostFinding.Grade) {
        let finding = HostFinding.room(in: StoreSpace(total: .gibibytes(100), free: .gibibytes(percent)), by: Settings())
        #expect(finding.grade == grade && finding.parameters["percent"] == "\(percent)")
        #expect(finding.parameters["kept"] == (grade == .wrong ? "5" : "20"), "the limit that is broken")
    }
}
