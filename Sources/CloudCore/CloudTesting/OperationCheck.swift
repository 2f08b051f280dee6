// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import CloudWorkflow
import Synchronization

/// One rule's check of one operation: fresh worlds, lives of managers, and how it says what went wrong.
final class OperationCheck<Operation: JournaledOperation>: Sendable {
    let rule: OperationChecks<Operation>.Rule
    let checks: OperationChecks<Operation>
    let plan: OperationPlan
    private let count = Mutex(0)
    /// How many worlds were tried.
    var worlds: Int { count.withLock { $0 } }

    init(rule: OperationChecks<Operation>.Rule, of checks: OperationChecks<Operation>, plan: OperationPlan) {
        self.rule = rule
        self.checks = checks
        self.plan = plan
    }

    // MARK: Worlds and lives

    func fresh() async throws -> OperationTrial<Operation> {
        count.withLock { $0 += 1 }
        return try await checks.prepare()
    }

    func live(_ trial: OperationTrial<Operation>, _ interference: Interference) async throws -> Life {
        try await trial.live(interference, knowing: checks.kinds)
    }

    /// The next manager's life, and what must be after it: the run has ended, and the world is as it should be.
    func expectEnd(_ trial: OperationTrial<Operation>, facing hurdles: [Interference.Hurdle] = [], _ story: String) async throws {
        let life = try await live(trial, Interference(hurdles: hurdles))
        guard case .stands(let run) = life else { throw violation("\(story): \(life)") }
        switch run.state {
        case .done: try await expectEqual(trial, .history, plan.after, "\(story), then done")
        case .undone: try await expectEqual(trial, .state, plan.before, "\(story), then undone")
        default: throw violation("\(story): the run is \(run.state.rawValue), \(run.stuck.map { "\($0)" } ?? "")")
        }
    }

    /// As ``expectEnd(_:facing:_:)``, where the run must have been undone.
    func expectUndone(_ trial: OperationTrial<Operation>, facing hurdles: [Interference.Hurdle] = [], _ story: String) async throws {
        let life = try await live(trial, Interference(hurdles: hurdles))
        guard case .stands(let run) = life, run.state == .undone else { throw violation("\(story): not undone but \(life)") }
        try await expectEqual(trial, .state, plan.before, story)
    }

    func expectEqual(
        _ trial: OperationTrial<Operation>, _ lens: WorldSnapshot.Lens, _ expected: WorldSnapshot, _ story: String
    ) async throws {
        let difference = expected.difference(to: try await trial.snapshot(lens))
        guard difference.isEmpty else { throw violation("\(story):\n" + difference.joined(separator: "\n")) }
    }

    func expect(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
        guard holds else { throw violation(detail()) }
    }

    func violation(_ detail: String) -> ContractViolation {
        let subject = checks.name.isEmpty ? Operation.kind : "\(Operation.kind) (\(checks.name))"
        return ContractViolation(rule: "\(subject): \(rule.rawValue)", detail: detail)
    }
}
