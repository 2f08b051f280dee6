// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// All is well, but for what the host was made ill with.
    public func health() async throws -> HostHealth {
        try await read("host.health", "host") { state, now in
            let ills = Set(state.ills.map(\.check))
            let well = [
                HostFinding(.acceleration, .fine), HostFinding(.cacheCap, .fine, ["count": "0", "machines": ""]),
                HostFinding(.defineTime, took: 0, limit: 1000, beyond: .wrong), HostFinding(.hypervisor, .fine),
                HostFinding(.kvmUnused, .fine), HostFinding(.programs, .fine, ["missing": ""]),
                HostFinding(.reaping, took: 0, limit: 500, beyond: .advice),
            ]
            return HostHealth(at: now + state.clockAhead, findings: well.filter { !ills.contains($0.check) } + state.ills)
        }
    }
}
