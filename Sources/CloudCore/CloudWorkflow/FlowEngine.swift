// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The replayed function has reached what its journal does not hold: all undos are registered.
struct UnwindingReached: Error {}

/// The operation begins with an effect: nothing would know of it after a crash, so it is not done.
struct StepBeforeCommit: Error {
    let step: String
}

/// The operation goes on after its end, or does something else before the wait that its last commit announced.
struct StepOutOfPlace: Error {
    let step: String
}

/// Something is still at work on the step.
struct StepUnderWay: UnknownOutcome, CustomStringConvertible {
    var description: String { "something is still at work on it" }
}

/// The step's outcome stays unknown: the run is stuck at it for now.
struct StepUnresolved: Error {
    let step: String
    let failure: RunFailure
}

/// What a ``Flow`` does, step by step. Forward it works and journals; unwinding it only reads and registers undos.
final class FlowEngine<Transaction>: Sendable {
    struct State: Sendable {
        var replay: Replay
        var begun: Bool
        var undos: [(name: String, undo: RegisteredUndo<Transaction>)] = []
        var percent: Int?
        var cancelRequested = false
        var enqueued: [RunID] = []
        /// The step or commit at hand, and whether an irreversible one lies behind it: from there on the run can only go forward.
        var current = ""
        var isPastReturn = false
        /// The line of what was done last, until the transaction of what comes next takes it along. A manager that dies before leaves the
        /// step unrecorded, as if it had died a moment earlier; before another effect the line is always written.
        var pending: JournalEntry?
        /// What the last commit has recorded of what comes next.
        var follows = Follows.more
    }

    let context: RunContext<Transaction>
    let unwinding: Bool
    /// Serialised here, because the steps of a parallel group meet.
    let state: Mutex<State>
    /// How often an unknown outcome is looked into before the run is put aside as stuck.
    static var triesBeforeStuck: Int { 3 }

    init(
        context: RunContext<Transaction>, entries: [JournalEntry], begun: Bool, recovered: Bool, cancelRequested: Bool, unwinding: Bool
    ) {
        self.context = context
        self.unwinding = unwinding
        state = Mutex(State(replay: Replay(entries, recovered: recovered), begun: begun, cancelRequested: cancelRequested))
    }

    // MARK: Commits

    func commit<Output: Codable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (Transaction) throws -> Output,
        undo: (@Sendable (Transaction, Output) throws -> Void)?, irreversible reason: String = "", follows: Follows = .more
    ) async throws -> Output {
        func register(_ output: Output) {
            let registered: RegisteredUndo<Transaction> =
                undo.map { undo in .transaction { try undo($0, output) } } ?? .irreversible(reason)
            state.withLock { state in
                state.undos.append((name, registered))
                if undo == nil { state.isPastReturn = true }
            }
        }
        if case .recorded(let text) = try state.withLock({ try $0.replay.visit(name, in: []) }) {
            let output = try context.coding.value(Output.self, from: text)
            register(output)
            return output
        }
        guard !unwinding else { throw UnwindingReached() }
        context.declare(name, irreversible: undo == nil ? reason : nil)
        try await border(.beforeCommit, name)
        let before = state.withLock { state in
            state.enqueued = []
            return state
        }
        let context = context
        let (output, record) = try await context.transaction { tx, journal in
            if !before.begun {
                try context.begin(journal)
                try context.deciding { try context.alongside(tx) }
            }
            // A request to stop may have come while the step was done whose line is written here.
            if let pending = before.pending, try context.append(pending, percent: before.percent, to: journal).cancelRequested,
                !before.isPastReturn
            {
                throw RefusedTransaction(refusal: context.cancelled)
            }
            let output = try context.deciding { try body(tx) }
            let line = JournalEntry(.committed, name, output: try context.coding.text(output))
            let record = try context.append(line, percent: before.percent, to: journal)
            try follows.record(output: line.output, of: context.id, in: journal)
            return (output, record)
        }
        register(output)
        let enqueued = state.withLock { state in
            state.begun = true
            state.pending = nil
            state.follows = follows
            state.cancelRequested = record.cancelRequested
            return state.enqueued
        }
        context.committed(enqueued)
        try await context.probe(.afterCommit, name)
        return output
    }

    func enqueue(_ operation: some JournaledOperation, as id: RunID, in transaction: Transaction) throws {
        let record = try RunRecord(
            id: id, kind: type(of: operation).kind, version: type(of: operation).version, input: context.coding.text(operation),
            actor: operation.actor, object: operation.object, parent: context.id, state: .queued)
        try context.store.journal(in: transaction).begin(record)
        state.withLock { if !$0.enqueued.contains(id) { $0.enqueued.append(id) } }
    }

    // MARK: Steps

    func step<Output: Codable & Sendable>(_ plan: StepPlan<Output>) async throws -> Output {
        try await take(plan, try meet(plan, in: []), alone: true)
    }

    /// Meets a step in the journal and registers its undo, before anything is done.
    private func meet<Output: Codable & Sendable>(_ plan: StepPlan<Output>, in group: Set<String>) throws -> Replay.Visit {
        try state.withLock { state in
            let visit = try state.replay.visit(plan.name, in: group)
            switch (plan.undo, visit) {
            case (.effect(let undo), _): state.undos.append((plan.name, .effect(undo)))
            // A step that is not recorded was refused, and a refusal says that nothing was done.
            case (.irreversible(let reason), .recorded):
                state.undos.append((plan.name, .irreversible(reason)))
                state.isPastReturn = true
            case (.irreversible, .fresh): break
            }
            return visit
        }
    }

    private func take<Output: Codable & Sendable>(_ plan: StepPlan<Output>, _ visit: Replay.Visit, alone: Bool) async throws -> Output {
        switch visit {
        case .recorded(let text): return try context.coding.value(Output.self, from: text)
        case .fresh where unwinding: throw UnwindingReached()
        case .fresh(let perhapsDone):
            context.declare(plan.name, irreversible: plan.undo.reason)
            try await border(.beforeEffect, plan.name, mayCancel: !perhapsDone || plan.undo.reason == nil)
            let output = try await resolve(plan, perhapsDone: perhapsDone)
            let line = JournalEntry(.stepped, plan.name, output: try context.coding.text(output))
            // What has siblings is written at once, for they may take long.
            if alone { state.withLock { $0.pending = line } } else { try await write(line) }
            if case .irreversible = plan.undo { state.withLock { $0.isPastReturn = true } }
            try await context.probe(.afterStep, plan.name)
            return output
        }
    }

    /// Does the work until its outcome is known. What may have been done is observed before it is asked for (again).
    private func resolve<Output: Codable & Sendable>(_ plan: StepPlan<Output>, perhapsDone: Bool) async throws -> Output {
        let key = StepKey(run: context.id, step: plan.name)
        var mustObserve = perhapsDone
        var attempt = 0
        while true {
            attempt += 1
            do {
                if mustObserve, let observe = plan.observe {
                    switch try await observe(key) {
                    case .done(let output): return output
                    case .notDone: break
                    case .neverDone: mustObserve = false
                    case .underWay: throw StepUnderWay()
                    }
                }
                let output = try await plan.work(key)
                try await context.probe(.afterEffect, plan.name)
                return output
            } catch let refusal as any Refusal where mustObserve && plan.undo.reason != nil && context.decides(refusal) {
                // An earlier try may have done what cannot be taken back, and this one was refused: nobody knows yet which of them holds.
                throw StepUnresolved(step: plan.name, failure: refusal.failure)
            } catch let unknown as any UnknownOutcome {
                guard attempt < Self.triesBeforeStuck else {
                    throw StepUnresolved(
                        step: plan.name, failure: RunFailure(code: "outcome-unknown", parameters: ["step": plan.name], detail: "\(unknown)")
                    )
                }
                mustObserve = true
                try await context.pause(attempt)
            }
        }
    }

    func parallel(_ plans: [StepPlan<Nothing>]) async throws {
        let group = Set(plans.map(\.name))
        // All are met before any begins: the undos stand in the order of the items, however the steps race.
        let visits = try plans.map { try meet($0, in: group) }
        if !unwinding { try await writePending() }
        let failures = try await withThrowingTaskGroup(of: (Int, (any Error)?).self) { tasks in
            for (index, (plan, visit)) in zip(plans, visits).enumerated() {
                tasks.addTask {
                    do {
                        _ = try await self.take(plan, visit, alone: false)
                        return (index, nil)
                    } catch { return (index, error) }
                }
            }
            var failures: [Int: any Error] = [:]
            for try await (index, failure) in tasks { failures[index] = failure }
            return failures
        }
        // What ended the manager comes before what refused: a dead manager decides nothing.
        let inOrder = failures.sorted { $0.key < $1.key }.map(\.value)
        if let cut = inOrder.first(where: { !context.decides($0) && !($0 is UnwindingReached) }) { throw cut }
        if let first = inOrder.first { throw first }
    }

    func progress(_ percent: Int) { state.withLock { $0.percent = min(max(percent, 0), 100) } }

    // MARK: Borders

    /// Before a step or commit: the end of the task and a request to cancel are obeyed here, and probes stand here.
    ///
    /// `mayCancel` is false where the step cannot be taken back and may be done already: what it became is found out first, or the
    /// run would end undone beside an effect that stays.
    func border(_ kind: Boundary.Kind, _ name: String, mayCancel: Bool = true) async throws {
        guard case .more = state.withLock({ $0.follows }) else { throw StepOutOfPlace(step: name) }
        // A manager that is told to end still writes what it has done.
        if kind == .beforeEffect || Task.isCancelled { try await writePending() }
        try Task.checkCancellation()
        let (begun, isCancelled) = state.withLock { state in
            state.current = name
            return (state.begun, state.cancelRequested && !state.isPastReturn)
        }
        guard begun || kind == .beforeCommit else { throw StepBeforeCommit(step: name) }
        if isCancelled, mayCancel { throw context.cancelled }
        try await context.probe(kind, name)
    }

    /// Writes the line that waits: nothing is done outside while what was done before it is not recorded.
    private func writePending() async throws {
        guard let line = state.withLock({ $0.pending }) else { return }
        try await write(line)
        state.withLock { $0.pending = nil }
    }

    private func write(_ line: JournalEntry) async throws {
        let (context, percent) = (context, state.withLock { $0.percent })
        let record = try await context.transaction { _, journal in try context.append(line, percent: percent, to: journal) }
        state.withLock { $0.cancelRequested = record.cancelRequested }
    }
}
