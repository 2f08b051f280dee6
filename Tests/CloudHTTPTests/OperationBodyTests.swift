// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudWorkflow
import Testing

@testable import CloudHTTP
@testable import CloudOperations

/// What an operation says that it waits for.
@Suite struct OperationBodyTests {
    private func waitingFor(_ run: RunRecord, hostIsSilent: Bool) -> String? {
        let view = OperationView(run: run, entries: [], children: [], activity: nil, unseen: [], hostIsSilent: hostIsSilent)
        return OperationBody(view, in: .english).waitingFor
    }

    @Test func aHostThatDoesNotAnswerIsWaitedFor() {
        let instance = ID<InstanceKind>(bits: 0, 1)
        var run = RunRecord(
            id: RunID("op-1"), kind: SuspendInstance.kind, version: 1, input: "{}", actor: "user-1", object: instance.text)
        run.state = .running
        #expect(waitingFor(run, hostIsSilent: false) == nil)
        #expect(waitingFor(run, hostIsSilent: true) == "the host to answer")
        run.waitingFor = "the guest to shut down"
        #expect(waitingFor(run, hostIsSilent: true) == "the guest to shut down", "the run knows better")
    }
}
