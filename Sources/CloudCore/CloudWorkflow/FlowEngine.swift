// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// One step before it is done.
struct StepPlan<Output: Codable & Sendable>: Sendable {
    let name: String
    let work: @Sendable (StepKey) async throws -> Output
    var observe: (@Sendable (StepKey) async throws -> Observation<Output>)?
    let undo: Undo
}

extension StepPlan where Output == Nothing {
    init(name: String, work: @escaping @Sendable (StepKey) async throws -> Void, undo: Undo) {
        self.init(
            name: name,
            work: { key in
                try await work(key)
                return Nothing()
            }, undo: undo)
    }
}

/// How a step is taken back.
enum Undo: Sendable {
    case effect(@Sendable (StepKey) async throws -> Void)
    case irreversible(String)

    /// Why there is no way back; nil where there is one.
    var reason: String? { if case .irreversible(let reason) = self { reason } else { nil } }
}

/// How a registered step or commit is taken back.
enum RegisteredUndo<Transaction>: Sendable {
    case effect(@Sendable (StepKey) async throws -> Void)
    case transaction(@Sendable (Transaction) throws -> Void)
    case irreversible(String)
}

/// The replayed function has reached what its journal does not hold: all undos are registered.
struct UnwindingReached: Error {}

/// The operation begins with an effect: nothing would know of it after a crash, so it is not done.
struct StepBeforeCommit: Error {
    let step: String
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
    }

    let context: RunContext<Transaction>
    let unwinding: Bool
    /// Serialised here, because the steps of a parallel group meet.
    let state: Mutex<State>
    /// How often an unknown outcome is looked into before the run is put aside as stuck.
    static var triesBeforeStuck: Int { 3 }
    /// How often a run that waits looks whether it was cancelled or taken over.
    static var wantedInterval: Duration { .seconds(1) }

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
        undo: (@Sendable (Transaction, Output) throws -> Void)?, irreversible reason: String = ""
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
        let (begun, percent) = state.withLock { state in
            state.enqueued = []
            return (state.begun, state.percent)
        }
        let context = context
        let (output, record) = try await context.transaction { tx, journal in
            if !begun {
                try context.begin(journal)
                try context.deciding { try context.alongside(tx) }
            }
            let output = try context.deciding { try body(tx) }
            let line = JournalEntry(.committed, name, output: try context.coding.text(output))
            return (output, try context.append(line, percent: percent, to: journal))
        }
        register(output)
        let enqueued = state.withLock { state in
            state.begun = true
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
        try await take(plan, try meet(plan, in: []))
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

    private func take<Output: Codable & Sendable>(_ plan: StepPlan<Output>, _ visit: Replay.Visit) async throws -> Output {
        switch visit {
        case .recorded(let text): return try context.coding.value(Output.self, from: text)
        case .fresh where unwinding: throw UnwindingReached()
        case .fresh(let perhapsDone):
            context.declare(plan.name, irreversible: plan.undo.reason)
            try await border(.beforeEffect, plan.name, mayCancel: !perhapsDone || plan.undo.reason == nil)
            let output = try await resolve(plan, perhapsDone: perhapsDone)
            try await append(JournalEntry(.stepped, plan.name, output: try context.coding.text(output)))
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
                if mustObserve, let observe = plan.observe, case .done(let output) = try await observe(key) { return output }
                let output = try await plan.work(key)
                try await context.probe(.afterEffect, plan.name)
                return output
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
        let failures = try await withThrowingTaskGroup(of: (Int, (any Error)?).self) { tasks in
            for (index, (plan, visit)) in zip(plans, visits).enumerated() {
                tasks.addTask {
                    do {
                        _ = try await self.take(plan, visit)
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

    // MARK: Waiting

    func waiting<Output: Codable & Sendable>(
        for what: String, every interval: Duration, limit: Duration, _ poll: @escaping @Sendable () async throws -> Output?
    ) async throws -> Output? {
        let name = "wait for \(what)"
        if case .recorded(let text) = try state.withLock({ try $0.replay.visit(name, in: []) }) {
            return try context.coding.value(Output?.self, from: text)
        }
        guard !unwinding else { throw UnwindingReached() }
        context.declare(name, irreversible: nil)
        try await border(.beforeEffect, name)
        try await context.change { run in
            run.state = .waiting
            run.waitingFor = what
        }
        var found = try await look(poll)
        var (waited, unasked) = (Duration.zero, Duration.zero)
        while found == nil, waited < limit {
            try await context.clock.sleep(for: interval)
            waited += interval
            unasked += interval
            // Whether it is still wanted is asked once a second: a look at the guest is cheap, one into the store waits for a thread.
            guard unasked >= Self.wantedInterval else {
                found = try await look(poll)
                continue
            }
            unasked = .zero
            if try await context.current().cancelRequested {
                // Not journaled: nothing came, and the limit did not pass. On the way back the wait is met as new, and that is its end.
                guard state.withLock({ $0.isPastReturn }) else { throw context.cancelled }
                break
            }
            found = try await look(poll)
        }
        try await append(JournalEntry(.stepped, name, output: try context.coding.text(found)), resuming: true)
        try await context.probe(.afterStep, name)
        return found
    }

    /// One look; a lost answer has shown nothing yet.
    private func look<Output>(_ poll: @Sendable () async throws -> Output?) async throws -> Output? {
        do { return try await poll() } catch is any UnknownOutcome { return nil }
    }

    func progress(_ percent: Int) { state.withLock { $0.percent = min(max(percent, 0), 100) } }

    // MARK: Borders

    /// Before a step or commit: the end of the task and a request to cancel are obeyed here, and probes stand here.
    ///
    /// `mayCancel` is false where the step cannot be taken back and may be done already: what it became is found out first, or the
    /// run would end undone beside an effect that stays.
    private func border(_ kind: Boundary.Kind, _ name: String, mayCancel: Bool = true) async throws {
        try Task.checkCancellation()
        let (begun, isCancelled) = state.withLock { state in
            state.current = name
            return (state.begun, state.cancelRequested && !state.isPastReturn)
        }
        guard begun || kind == .beforeCommit else { throw StepBeforeCommit(step: name) }
        if isCancelled, mayCancel { throw context.cancelled }
        try await context.probe(kind, name)
    }

    private func append(_ entry: JournalEntry, resuming: Bool = false) async throws {
        let percent = state.withLock { $0.percent }
        let context = context
        let record = try await context.transaction { _, journal in
            try context.append(entry, percent: percent, resuming: resuming, to: journal)
        }
        state.withLock { $0.cancelRequested = record.cancelRequested }
    }
}
