// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func health() async throws {
        let guest = try await guest()
        try await host.start(guest, claim())
        try await wait(for: "the guest to run") { try await fixture.counter(of: guest).map { $0 >= 1 } ?? true }
        let (before, counted) = (try await host.report().guests, try await fixture.counter(of: guest))
        let first = try await host.health()
        let second = try await host.health()
        for health in [first, second] {
            let checks = health.findings.map(\.check.rawValue)
            try expect(checks == Set(checks).sorted(), "findings are not in order, or twice: \(checks)")
            try expect(health.findings.contains { $0.check == .hypervisor && $0.grade == .fine }, "it answers, and says that it does not")
            for finding in health.findings {
                let bytes = finding.parameters.values.map(\.utf8.count).max() ?? 0
                try expect(bytes <= 1000, "\(finding.check.rawValue) says \(bytes) bytes")
            }
        }
        try expect(first.at <= second.at, "the host's time goes back: \(first.at), \(second.at)")
        try expect(try await host.report().guests == before, "the guests are others than before")
        if let counted, let after = try await fixture.counter(of: guest) {
            try expect(after >= counted, "the guest began anew: it counted \(counted), then \(after)")
        }
    }
}
