// SPDX-License-Identifier: Apache-2.0

/// One step before it is done.
struct StepPlan<Output: Codable & Sendable>: Sendable {
    let name: String
    let work: @Sendable (StepKey) async throws -> Output
    var observe: (@Sendable (StepKey) async throws -> Observation<Output>)?
    let undo: Undo
}

extension StepPlan where Output == Nothing {
    init(
        name: String, work: @escaping @Sendable (StepKey) async throws -> Void,
        observe: (@Sendable (StepKey) async throws -> Observation<Nothing>)? = nil, undo: Undo
    ) {
        self.init(
            name: name,
            work: { key in
                try await work(key)
                return Nothing()
            }, observe: observe, undo: undo)
    }
}

/// How a step is taken back.
enum Undo: Sendable {
    case effect(@Sendable (StepKey) async throws -> Void)
    case irreversible(String)

    /// Why there is no way back; nil where there is one.
    var reason: String? { if case .irreversible(let reason) = self { reason } else { nil } }
}

/// What a commit records in its transaction of what comes after it.
enum Follows: Sendable {
    case more
    /// The run waits for something.
    case wait(String)
    /// Nothing: the commit's output is the run's.
    case end

    func record(output: String, of run: RunID, in journal: any JournalTransaction) throws {
        switch self {
        case .more: break
        case .wait(let what):
            try journal.update(run) { run in
                run.state = .waiting
                run.waitingFor = what
            }
        case .end: try journal.update(run) { $0.end(giving: output) }
        }
    }
}

/// How a registered step or commit is taken back.
enum RegisteredUndo<Transaction>: Sendable {
    case effect(@Sendable (StepKey) async throws -> Void)
    case transaction(@Sendable (Transaction) throws -> Void)
    case irreversible(String)
}
