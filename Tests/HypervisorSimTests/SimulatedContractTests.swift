// SPDX-License-Identifier: Apache-2.0

import CloudTesting
import HypervisorSim
import Testing

@Suite struct SimulatedContractTests {
    @Test(arguments: HypervisorContract.Rule.allCases)
    func direct(_ rule: HypervisorContract.Rule) async throws {
        let fixture = SimulatedFixture()
        try await HypervisorContract(of: fixture.host, with: fixture).check(rule)
    }

    @Test(arguments: HypervisorContract.Rule.allCases)
    func throughJSON(_ rule: HypervisorContract.Rule) async throws {
        let fixture = SimulatedFixture()
        try await HypervisorContract(of: LoopbackHypervisor(fixture.host), with: fixture).check(rule)
    }

    /// The rules clean up after themselves: nothing is left of all of them but fences and numbers.
    @Test func nothingIsLeft() async throws {
        let fixture = SimulatedFixture()
        let before = fixture.host.snapshot().withoutHistory
        try await HypervisorContract(of: fixture.host, with: fixture).check()
        #expect(fixture.host.snapshot().withoutHistory == before)
    }
}
