// SPDX-License-Identifier: Apache-2.0

/// What one run stands in: its store, its clock, and who stands at its boundaries.
struct RunContext<Transaction>: Sendable {
    let id: RunID
    let kind: String
    let store: any JournalingStore<Transaction>
    let coding: JournalCoding
    let clock: any Clock<Duration>
    let prober: any BoundaryProbe
    /// Makes the run's row inside its first commit; for a queued run it only says that it runs now.
    let begin: @Sendable (any JournalTransaction) throws -> Void
    /// What the submitter wants at the beginning of the first commit: demands, and the answer under an idempotency key.
    let alongside: @Sendable (Transaction) throws -> Void
    /// A commit is durable; these runs were recorded in it.
    let committed: @Sendable ([RunID]) -> Void
    /// Whether the run was asked to stop through this runner; its row says it too.
    let isAskedToStop: @Sendable () -> Bool
    /// Told what became of the run.
    let tell: @Sendable (RunNews) -> Void

    init(
        id: RunID, kind: String, store: any JournalingStore<Transaction>, coding: JournalCoding, clock: any Clock<Duration>,
        prober: any BoundaryProbe, begin: @escaping @Sendable (any JournalTransaction) throws -> Void,
        alongside: @escaping @Sendable (Transaction) throws -> Void, committed: @escaping @Sendable ([RunID]) -> Void,
        isAskedToStop: @escaping @Sendable () -> Bool, tell: @escaping @Sendable (RunNews) -> Void = { _ in }
    ) {
        self.id = id
        self.kind = kind
        self.store = store
        self.coding = coding
        self.clock = clock
        self.prober = prober
        self.begin = begin
        self.alongside = alongside
        self.committed = committed
        self.isAskedToStop = isAskedToStop
        self.tell = tell
    }

    var cancelled: RunCancelled { RunCancelled(run: id) }

    func probe(_ kind: Boundary.Kind, _ name: String = "") async throws {
        try await prober.reached(Boundary(kind, name), of: id, kind: self.kind)
    }

    func declare(_ name: String, irreversible reason: String?) {
        prober.declared(StepDeclaration(name: name, irreversible: reason), of: id, kind: kind)
    }

    /// Waits before an unknown outcome is looked into again: 50 ms, 100 ms, …
    func pause(_ attempt: Int) async throws { try await clock.sleep(for: .milliseconds(25 << attempt)) }

    /// One transaction of the workflow's own. A store that fails is no refusal of the operation: it cuts the run off, for nobody can
    /// decide anything without a store.
    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction, any JournalTransaction) throws -> Result
    ) async throws -> Result {
        let store = store
        do { return try await store.write { try body($0, store.journal(in: $0)) } } catch let refused as RefusedTransaction {
            throw refused.refusal
        } catch let failed as any Refusal { throw StoreFailed(underlying: failed) }
    }

    /// The body of an operation's own transaction: what it refuses is its decision, what the store fails with in it is not.
    func deciding<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let refusal as any Refusal where decides(refusal) { throw RefusedTransaction(refusal: refusal) }
    }

    /// Whether an error is a decision that unwinds.
    func decides(_ error: any Error) -> Bool { error is any Refusal && !store.isFailure(error) }

    func change(_ change: @escaping @Sendable (inout RunRecord) -> Void) async throws {
        let id = id
        try await transaction { _, journal in try journal.update(id, change) }
    }

    /// Adds a line. A run that was stuck or waited has come further with it, and says so in the same transaction.
    @discardableResult
    func append(
        _ entry: JournalEntry, percent: Int? = nil, to journal: any JournalTransaction
    ) throws -> RunRecord {
        let record = try journal.append(entry, to: id)
        let moves = record.state == .stuck || record.state == .waiting
        if moves || (percent ?? record.percent) != record.percent {
            try journal.update(id) { run in
                run.percent = percent ?? run.percent
                guard moves else { return }
                run.state = entry.kind == .undone ? .unwinding : .running
                run.waitingFor = nil
                run.stuck = nil
            }
        }
        return record
    }

    /// The run's row; throws ``RunTakenOver`` once it is terminal.
    func current() async throws -> RunRecord {
        guard let run = try await store.run(id), !run.state.isTerminal else { throw RunTakenOver(run: id) }
        return run
    }
}

/// The run was asked to stop, and does so at a step border: it unwinds as if it had been refused.
struct RunCancelled: Refusal {
    let run: RunID
    var failure: RunFailure { RunFailure(code: "cancelled", parameters: ["operation": run.text]) }
}

/// The store failed, in its own words; the run stays where its journal says.
struct StoreFailed: Error {
    let underlying: any Error
}

/// Marks a refusal that an operation's transaction decided, so that it is told apart from one of the store.
struct RefusedTransaction: Error {
    let refusal: any Refusal
}
