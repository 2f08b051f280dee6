// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Testing

@Suite struct RefusalsTests {
    @Test func aRefusalComesBackFromAJournalUnchanged() {
        let refusal = CloudError(.quotaExceeded, ["quota": "instances", "limit": "3"], detail: "for the log")
        #expect(CloudError(refusal.failure) == refusal)
    }

    @Test func aCodeOfANewerVersionIsNamed() {
        let refusal = CloudError(RunFailure(code: "moon-in-the-way", parameters: ["phase": "full"]))
        #expect(refusal == CloudError(.internalFault, ["part": "moon-in-the-way"]))
    }

    @Test func theColumnsOfAViolationHaveOneOrder() {
        let one = UniqueViolation(table: "ports", columns: ["network", "ipv4"])
        #expect(one == UniqueViolation(table: "ports", columns: ["ipv4", "network"]))
        #expect(one.columns == ["ipv4", "network"])
    }
}
