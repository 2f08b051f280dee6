// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How a drive of a run ended.
enum Ending<Output: Sendable>: Sendable {
    case done(Output)
    case undone(RunFailure)
    case stuck(StuckPoint)
    case takenOver
}

extension Ending {
    /// The same for those who only hear of it.
    fileprivate var outcome: RunNews.Outcome {
        switch self {
        case .done: .done
        case .undone(let failure): .undone(failure)
        case .stuck(let point): .stuck(point)
        case .takenOver: .superseded
        }
    }
}

/// Drives one run as far as it goes: forward to its end, or back to where it began.
///
/// Unwinding is always a replay, also right after a refusal: the undos are found by calling the function again over its journal, so
/// what a recovery does after a crash is what happens every day.
struct Drive<Operation: JournaledOperation>: Sendable {
    let operation: Operation
    let world: Operation.World
    let context: RunContext<Operation.Transaction>
    /// The run's row; nil for one that is just submitted and has none.
    let record: RunRecord?

    /// Throws a refusal of the first commit of a submitted run, for then there is no run; and whatever cuts the run off.
    func toEnd(_ entries: [JournalEntry]) async throws -> Ending<Operation.Output> {
        let ending: Ending<Operation.Output>
        do { ending = try await orStuck(entries) } catch is RunTakenOver { ending = .takenOver }
        context.tell(
            RunNews(
                run: context.id, parent: record?.parent, kind: context.kind, object: operation.object, outcome: ending.outcome))
        return ending
    }

    private func orStuck(_ entries: [JournalEntry]) async throws -> Ending<Operation.Output> {
        var undoing = false
        do {
            let failure: RunFailure
            if let line = entries.first(where: { $0.kind == .unwinding }) {
                failure = try context.coding.value(RunFailure.self, from: line.output)
            } else {
                switch try await forward(entries) {
                case .ended(let ending): return ending
                case .refused(let refused): failure = refused
                }
            }
            undoing = true
            return try await back(from: failure)
        } catch let unresolved as StepUnresolved {
            return try await stuck(at: unresolved.step, undoing: undoing, unresolved.failure)
        } catch let mismatch as Replay.Mismatch {
            return try await stuck(at: "replay", undoing: undoing, mismatch.failure)
        } catch let unreadable as JournalUnreadable {
            return try await stuck(at: "replay", undoing: undoing, unreadable.failure)
        }
    }

    /// How the way forward ended: at its end, or with a refusal that is journaled now.
    private enum Forward {
        case ended(Ending<Operation.Output>)
        case refused(RunFailure)
    }

    private func engine(_ entries: [JournalEntry], unwinding: Bool) -> FlowEngine<Operation.Transaction> {
        FlowEngine(
            context: context, entries: entries, begun: record.map { $0.state != .queued } ?? false, recovered: record != nil,
            cancelRequested: record?.cancelRequested ?? false, unwinding: unwinding)
    }

    private func forward(_ entries: [JournalEntry]) async throws -> Forward {
        let engine = engine(entries, unwinding: false)
        do {
            let output = try await operation.run(Flow(run: context.id, engine: engine), in: world)
            let (follows, pending) = try engine.state.withLock { state in
                try state.replay.end()
                return (state.follows, state.pending)
            }
            if case .end = follows { return .ended(.done(output)) }
            try await context.probe(.beforeEnd)
            let text = try context.coding.text(output)
            try await change(after: pending) { $0.end(giving: text) }
            return .ended(.done(output))
        } catch let refusal as any Refusal where context.decides(refusal) {
            guard engine.state.withLock({ $0.begun }) else {
                guard record != nil else { throw refusal }
                return .ended(try await undone(refusal.failure))
            }
            let failure = refusal.failure
            let (current, isPastReturn, pending) = engine.state.withLock { ($0.current, $0.isPastReturn, $0.pending) }
            // There is no way back over what is irreversible, so what is refused behind it is tried again until it is done.
            guard !isPastReturn else { return .ended(try await stuck(at: current, undoing: false, failure, after: pending)) }
            try await context.probe(.beforeUnwinding)
            let line = JournalEntry(.unwinding, "", output: try context.coding.text(failure))
            let context = context
            try await context.transaction { [id = context.id] _, journal in
                if let pending { _ = try context.append(pending, to: journal) }
                try journal.append(line, to: id)
                try journal.update(id) { run in
                    run.state = .unwinding
                    run.failure = failure
                    run.waitingFor = nil
                    run.stuck = nil
                }
            }
            return .refused(failure)
        }
    }

    private func back(from failure: RunFailure) async throws -> Ending<Operation.Output> {
        guard let (_, entries) = try await context.store.journal(of: context.id) else { return .takenOver }
        let engine = engine(entries, unwinding: true)
        do {
            do { _ = try await operation.run(Flow(run: context.id, engine: engine), in: world) } catch let refusal as any Refusal
                where context.decides(refusal)
            {}
            // A function that ends by itself must have met all that is recorded, or undos would be missing and nobody would know.
            try engine.state.withLock { try $0.replay.end() }
        } catch is UnwindingReached {}
        let taken = Set(entries.filter { $0.kind == .undone }.map(\.name))
        for (name, undo) in engine.state.withLock({ $0.undos }).reversed() where !taken.contains(name) {
            if let failure = try await takeBack(name, undo) { return try await stuck(at: name, undoing: true, failure) }
        }
        return try await undone(failure)
    }

    /// Takes one thing back and journals it; gives the failure where that is refused or its outcome unknown.
    private func takeBack(_ name: String, _ undo: RegisteredUndo<Operation.Transaction>) async throws -> RunFailure? {
        try Task.checkCancellation()
        let (context, line) = (context, JournalEntry(.undone, name))
        do {
            try await context.probe(.beforeUndo, name)
            switch undo {
            case .effect(let work):
                try await work(StepKey(run: context.id, step: "\(name)/undo"))
                try await context.probe(.afterUndo, name)
                try await context.transaction { _, journal in _ = try context.append(line, to: journal) }
            case .transaction(let body):
                try await context.transaction { tx, journal in
                    try context.deciding { try body(tx) }
                    _ = try context.append(line, to: journal)
                }
                try await context.probe(.afterUndo, name)
            case .irreversible(let reason):
                return RunFailure(code: "irreversible", parameters: ["step": name, "reason": reason])
            }
            return nil
        } catch let refusal as any Refusal where context.decides(refusal) {
            return refusal.failure
        } catch let unknown as any UnknownOutcome {
            return RunFailure(code: "outcome-unknown", parameters: ["step": name], detail: "\(unknown)")
        }
    }

    private func undone(_ failure: RunFailure) async throws -> Ending<Operation.Output> {
        try await context.probe(.beforeEnd)
        try await context.change { run in
            run.state = .undone
            run.failure = failure
            run.stuck = nil
        }
        return .undone(failure)
    }

    private func stuck(
        at step: String, undoing: Bool, _ failure: RunFailure, after pending: JournalEntry? = nil
    ) async throws -> Ending<Operation.Output> {
        let attempts = record?.stuck?.attempts ?? 0
        let point = StuckPoint(step: step, undoing: undoing, failure: failure, attempts: attempts + 1)
        try await change(after: pending) { run in
            run.state = .stuck
            run.stuck = point
        }
        return .stuck(point)
    }

    /// Changes the run's row, and writes the line that still waits before it.
    private func change(after pending: JournalEntry?, _ change: @escaping @Sendable (inout RunRecord) -> Void) async throws {
        let context = context
        try await context.transaction { _, journal in
            if let pending { _ = try context.append(pending, to: journal) }
            try journal.update(context.id, change)
        }
    }
}

extension Replay.Mismatch {
    var failure: RunFailure {
        switch self {
        case .usedTwice(let name): RunFailure(code: "replay-mismatch", parameters: ["expected": "each name once", "actual": name])
        case .expected(let name, let met): RunFailure(code: "replay-mismatch", parameters: ["expected": name, "actual": met])
        case .notReached(let name): RunFailure(code: "replay-mismatch", parameters: ["expected": name, "actual": "the end"])
        }
    }
}
