// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Testing

@Suite("A run's row")
struct RunTests {
    private func run(_ state: RunState) -> RunRecord {
        var run = RunRecord(id: RunID("op-1"), kind: "build", version: 1, input: "{}", actor: "ann", object: "toy", state: state)
        run.waitingFor = "guest"
        run.stuck = StuckPoint(step: "port", undoing: true, failure: RunFailure(code: "no"), attempts: 2)
        run.failure = RunFailure(code: "no")
        return run
    }

    @Test("superseded, it waits for nothing, is stuck nowhere, and says by whom", arguments: [RunState.waiting, .stuck])
    func superseded(state: RunState) throws {
        var run = run(state)
        try run.supersede(by: RunID("op-2"))
        #expect(run.state == .superseded && run.waitingFor == nil && run.stuck == nil)
        #expect(run.failure == RunFailure(code: "superseded", parameters: ["operation": "op-1", "by": "op-2"]))
    }

    @Test("ended, it stays as it is", arguments: RunState.allCases.filter(\.isTerminal))
    func ended(state: RunState) throws {
        var run = run(state)
        try run.supersede(by: RunID("op-2"))
        #expect(run == self.run(state))
    }

    @Test("at work, it refuses and stays as it is", arguments: RunState.allCases.filter { !$0.isInterruptible })
    func busy(state: RunState) {
        var run = run(state)
        #expect(throws: RunBusy(run: RunID("op-1"))) { try run.supersede(by: RunID("op-2")) }
        #expect(run == self.run(state))
    }
}
