// SPDX-License-Identifier: Apache-2.0

public import CloudWorkflow

/// The contract of a ``CloudWorkflow/JournalingStore``, whatever its transactions hold besides journals, as rules that can be checked
/// one by one, each on a store of its own.
public struct JournalContract<Transaction>: Sendable {
    /// What must hold.
    public enum Rule: String, Sendable, CaseIterable {
        /// Lines come back in order; an id is begun once; nothing is written to a run that has ended.
        case journal = "a journal keeps its lines in order"
        /// Only what waits, is stuck or has ended can be superseded.
        case superseding = "who may be superseded"
        /// All that is not terminal, by age.
        case unfinished = "unfinished runs are found, oldest first"
        /// A body that throws leaves neither run nor line.
        case rollback = "a body that throws leaves nothing"
    }

    private let store: @Sendable () async throws -> any JournalingStore<Transaction>

    /// The contract of the stores that a closure makes: each empty, and nobody else's.
    public init(of store: @escaping @Sendable () async throws -> any JournalingStore<Transaction>) { self.store = store }

    /// Checks every rule, one after the other; throws the first ``ContractViolation``.
    public func check() async throws {
        for rule in Rule.allCases { try await check(rule) }
    }

    /// Checks one rule; throws a ``ContractViolation`` where it does not hold, and whatever the store threw unexpectedly.
    public func check(_ rule: Rule) async throws {
        let trial = JournalTrial(sentence: rule.rawValue, store: try await store())
        switch rule {
        case .journal: try await trial.journal()
        case .superseding: try await trial.superseding()
        case .unfinished: try await trial.unfinished()
        case .rollback: try await trial.rollback()
        }
    }
}

/// One rule on one store.
struct JournalTrial<Transaction>: RuleTrial {
    let sentence: String
    let store: any JournalingStore<Transaction>

    /// One transaction that changes nothing but journals.
    func write(_ body: @escaping @Sendable (any JournalTransaction) throws -> Void) async throws {
        let store = store
        try await store.write { try body(store.journal(in: $0)) }
    }
}

/// Runs that contracts write.
enum JournalSample {
    static func run(_ id: String, state: RunState = .running) -> RunRecord {
        RunRecord(id: RunID(id), kind: "instance.start", version: 1, input: "{}", actor: "user-1", object: "vm-1", state: state)
    }

    /// A run that has everything that a run can have.
    static func full(_ id: String, state: RunState) -> RunRecord {
        var run = run(id, state: state)
        run.percent = 40
        run.cancelRequested = true
        run.failure = RunFailure(code: "busy", parameters: ["object": "vm-1"], detail: "…")
        run.stuck = StuckPoint(step: "power", undoing: true, failure: RunFailure(code: "x"), attempts: 3)
        run.waitingFor = "guest"
        run.output = "{}"
        return run
    }
}
