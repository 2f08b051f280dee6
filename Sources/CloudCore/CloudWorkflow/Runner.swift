// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Runs operations, and takes up again whatever a crash cut off.
///
/// A submitted operation is acknowledged when its first commit is durable; before that there is no run and a refusal is the caller's
/// answer. The runner starts no task of its own accord: ``serve()`` is the one task in which submitted and recovered runs live, and
/// ends with it. Each run is driven alone: one that is stuck, or whose row or journal cannot be read, holds up no other.
public final class Runner<Transaction, World: Sendable>: Sendable {
    /// What the runner is made of.
    public struct Parts: Sendable {
        /// Where journals are.
        public let store: any JournalingStore<Transaction>
        /// What steps reach for.
        public let world: World
        /// For waiting; a simulation brings its own.
        public let clock: any Clock<Duration>
        /// For secrets in journals; nil where no operation has any.
        public let sealer: (any Sealer)?
        /// Who stands at the boundaries.
        public let probe: any BoundaryProbe
        /// Told what cut a run off, with the run, or nil where the unfinished runs could not be looked for; and once, by ``RunUnreadable``, of
        /// each whose row cannot be read. For the log.
        public let report: @Sendable (RunID?, any Error) -> Void
        /// Told what became of each run, and at each attempt where one is stuck; for the log, and to be counted.
        public let tell: @Sendable (RunNews) -> Void

        /// The parts of a runner.
        public init(
            store: any JournalingStore<Transaction>, world: World, clock: any Clock<Duration>, sealer: (any Sealer)? = nil,
            probe: any BoundaryProbe = NoProbe(), report: @escaping @Sendable (RunID?, any Error) -> Void = { _, _ in },
            tell: @escaping @Sendable (RunNews) -> Void = { _ in }
        ) {
            self.store = store
            self.world = world
            self.clock = clock
            self.sealer = sealer
            self.probe = probe
            self.report = report
            self.tell = tell
        }
    }

    struct State: Sendable {
        var atWork: Set<RunID> = []
        /// Those at work that were asked to stop: told here too, so that a run that waits need not read its row at each look.
        var askedToStop: Set<RunID> = []
        var pass = 0
        /// For a run that is put aside: how often it failed in this life, and the pass in which it is tried again.
        var aside: [RunID: (failures: Int, due: Int)] = [:]
        /// Those whose rows could not be read when they were looked for last.
        var unread: Set<RunID> = []
    }

    let parts: Parts
    let kinds: OperationKinds<Transaction, World>
    private let coding: JournalCoding
    private let state = Mutex(State())
    private let jobs = AsyncStream<@Sendable () async -> Void>.makeStream()
    /// How often unfinished runs are looked for.
    static var passInterval: Duration { .seconds(1) }

    /// A runner that knows the kinds of operations and does nothing yet.
    public init(_ parts: Parts, kinds: OperationKinds<Transaction, World>) {
        self.parts = parts
        self.kinds = kinds
        coding = JournalCoding(sealer: parts.sealer)
    }

    // MARK: Living

    /// Lives until it is cancelled: drives what is submitted, and every second takes up what is unfinished and due. Then each run
    /// stops at its next step border, and whoever still waits for a first commit is told ``RunnerEnded``. A runner serves once.
    public func serve() async {
        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                while !Task.isCancelled {
                    self.state.withLock { $0.pass += 1 }
                    await self.takeUpReporting()
                    do { try await self.parts.clock.sleep(for: Self.passInterval) } catch { return }
                }
            }
            for await job in jobs.stream { tasks.addTask { await job() } }
            tasks.cancelAll()
        }
    }

    /// Takes up every unfinished run once, one after the other, in this task: recovery for those who do not serve (simulations,
    /// tests). Runs that these record are taken up after them. Throws what cuts a run off.
    public func recover() async throws {
        var tried: Set<RunID> = []
        while true {
            let found = try await look().runs.filter { tried.insert($0.id).inserted }
            guard !found.isEmpty else { return }
            for record in found { try await resume(record.id) }
        }
    }

    // MARK: Acts

    /// Begins an operation and returns once its first commit is durable; throws its refusal, in which case nothing happened.
    /// ``serve()`` must be running, or come to run; throws ``RunnerEnded`` once it has ended, and ``RunExists`` for an id that is at
    /// work or was begun before. What cuts the run off later is reported, and the run taken up again with back-off.
    /// - Parameter alongside: more for the first commit, done before the operation's own part: what the submitter demands of the
    ///   world (a version that it saw), and what it wants to be recorded with it (the answer under an idempotency key). What it refuses
    ///   is the submitter's answer, and nothing happened.
    public func submit<Operation: JournaledOperation>(
        _ operation: Operation, as id: RunID, alongside: @escaping @Sendable (Transaction) throws -> Void = { _ in }
    ) async throws where Operation.Transaction == Transaction, Operation.World == World {
        // One answer is kept: what becomes of the run after its first commit is no longer the submitter's.
        let (answers, answer) = AsyncStream<Result<Void, any Error>>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let taken = jobs.continuation.yield {
            let isBegun = Mutex(false)
            do {
                _ = try await self.perform(operation, as: id, alongside: alongside) {
                    isBegun.withLock { $0 = true }
                    answer.yield(.success(()))
                }
                answer.yield(.success(()))
            } catch is CancellationError { answer.yield(.failure(RunnerEnded())) } catch {
                answer.yield(.failure(error))
                if isBegun.withLock({ $0 }) { self.putAside(id, because: error) }
            }
            answer.finish()
        }
        if case .terminated = taken { throw RunnerEnded() }
        for await result in answers { return try result.get() }
        // Nobody answered: the submitter was cancelled, or the runner ended with the job still before it.
        if Task.isCancelled { throw CancellationError() }
        throw RunnerEnded()
    }

    /// Drives an operation to its end in this task. A refusal after the first commit is thrown once everything is taken back. Throws
    /// ``RunExists`` for an id that is at work or was begun before; that run goes on untouched.
    public func perform<Operation: JournaledOperation>(
        _ operation: Operation, as id: RunID, alongside: @escaping @Sendable (Transaction) throws -> Void = { _ in },
        begun: @escaping @Sendable () -> Void = {}
    ) async throws -> Operation.Output where Operation.Transaction == Transaction, Operation.World == World {
        let input = try coding.text(operation)
        let context = context(of: id, kind: Operation.kind, alongside: alongside, begun: begun) { journal in
            try journal.begin(
                RunRecord(
                    id: id, kind: Operation.kind, version: Operation.version, input: input, actor: operation.actor,
                    object: operation.object))
        }
        // The mark of the one that is at work is not this one's to take away.
        guard state.withLock({ $0.atWork.insert(id).inserted }) else { throw RunExists(run: id) }
        defer { rest(id) }
        do {
            switch try await Drive(operation: operation, world: parts.world, context: context, record: nil).toEnd([]) {
            case .done(let output): return output
            case .undone(let failure): throw RunRefused(run: id, failure: failure)
            case .stuck(let point): throw RunIsStuck(run: id, point: point)
            case .takenOver: throw RunTakenOver(run: id)
            }
        } catch let failed as StoreFailed {
            throw failed.underlying
        }
    }

    /// Asks a run to stop at its next step border and to take back what it did; harmless for one that has ended.
    public func cancel(_ id: RunID) async throws {
        let store = parts.store
        do { try await store.write { try store.journal(in: $0).update(id) { $0.cancelRequested = true } } } catch is RunTakenOver {}
        state.withLock { if $0.atWork.contains(id) { $0.askedToStop.insert(id) } }
    }

    // MARK: Recovery

    private func takeUpReporting() async {
        do { try await takeUp() } catch is CancellationError {} catch { parts.report(nil, error) }
    }

    private func takeUp() async throws {
        // Those at work, and those whose turn has not come.
        let known = state.withLock { state in state.atWork.union(state.aside.filter { $0.value.due > state.pass }.keys) }
        let others = try await look(besides: known)
        let open = Set(others.runs.map(\.id)).union(others.unread.keys).union(known)
        // One that another run took over is tried no more.
        state.withLock { state in state.aside = state.aside.filter { open.contains($0.key) } }
        for record in others.runs where takes(record.id) { jobs.continuation.yield { await self.work(on: record.id) } }
    }

    /// Whether a run is due and nobody works on it; then it is at work from now on.
    private func takes(_ id: RunID) -> Bool {
        state.withLock { state in state.aside[id]?.due ?? 0 <= state.pass && state.atWork.insert(id).inserted }
    }

    /// The runs that are not finished. One that cannot be read is reported when it is first met, and again only where it was read between.
    private func look(besides known: Set<RunID> = []) async throws -> OpenRuns {
        let found = try await parts.store.openRuns(besides: known)
        let unread = Set(found.unread.keys)
        let known = state.withLock { state in
            defer { state.unread = unread }
            return state.unread
        }
        for (id, error) in found.unread.sorted(by: { $0.key < $1.key }) where !known.contains(id) {
            parts.report(id, RunUnreadable(underlying: error))
        }
        return found
    }

    private func work(on id: RunID) async {
        defer { rest(id) }
        do { try await resume(id) } catch is CancellationError {} catch { putAside(id, because: error) }
    }

    /// After what ended a drive and nobody else hears of: an end of the run needs nothing, a stuck one says itself where it stands, and
    /// whatever cut it off is reported. What is unfinished is tried again with back-off.
    private func putAside(_ id: RunID, because error: any Error) {
        switch error {
        case is RunRefused, is RunTakenOver: return
        case is RunIsStuck: break
        default: parts.report(id, error)
        }
        postpone(id)
    }

    /// Drives one unfinished run; one whose kind, version or input this code does not know is put aside as stuck.
    private func resume(_ id: RunID) async throws {
        guard let (run, entries) = try await parts.store.journal(of: id), !run.state.isTerminal else { return }
        let context = context(of: id, kind: run.kind, alongside: { _ in }, begun: {}) { journal in
            try journal.update(id) { $0.state = .running }
        }
        if try await kinds.resume(run, entries, parts.world, context) != nil {
            postpone(id)
        } else {
            state.withLock { _ = $0.aside.removeValue(forKey: id) }
        }
    }

    private func context(
        of id: RunID, kind: String, alongside: @escaping @Sendable (Transaction) throws -> Void, begun: @escaping @Sendable () -> Void,
        begin: @escaping @Sendable (any JournalTransaction) throws -> Void
    ) -> RunContext<Transaction> {
        RunContext(
            id: id, kind: kind, store: parts.store, coding: coding, clock: parts.clock, prober: parts.probe,
            begin: begin, alongside: alongside,
            committed: { enqueued in
                begun()
                enqueued.forEach(self.hasten)
            },
            isAskedToStop: { self.state.withLock { $0.askedToStop.contains(id) } }, tell: parts.tell)
    }

    /// What a commit recorded begins now, not at the next pass. Weak, because nobody empties the stream of a runner that never serves.
    private func hasten(_ id: RunID) {
        jobs.continuation.yield { [weak self] in
            guard let self, takes(id) else { return }
            await work(on: id)
        }
    }

    private func rest(_ id: RunID) {
        state.withLock {
            $0.atWork.remove(id)
            $0.askedToStop.remove(id)
        }
    }

    /// Back-off: 1, 2, 4 … 64 passes.
    private func postpone(_ id: RunID) {
        state.withLock { state in
            let failures = state.aside[id]?.failures ?? 0
            state.aside[id] = (failures + 1, state.pass + (1 << min(failures, 6)))
        }
    }
}

/// The runner no longer serves: the operation was not begun, and can be asked for again elsewhere.
public struct RunnerEnded: Error, Hashable, Sendable {
    /// The runner no longer serves.
    public init() {}
}

/// The run's row cannot be read: nobody knows where it stands, and nobody takes it further until it can.
public struct RunUnreadable: Error {
    /// What its store says.
    public let underlying: any Error
    /// The run's row cannot be read.
    public init(underlying: any Error) { self.underlying = underlying }
}

/// The operation was refused after it had begun, and has taken back what it did.
public struct RunRefused: Error, Hashable, Sendable {
    /// The run.
    public let run: RunID
    /// Why.
    public let failure: RunFailure
    /// The operation was refused.
    public init(run: RunID, failure: RunFailure) {
        self.run = run
        self.failure = failure
    }
}

/// The operation can go neither forward nor back by itself now; it is tried again.
public struct RunIsStuck: Error, Hashable, Sendable {
    /// The run.
    public let run: RunID
    /// Where.
    public let point: StuckPoint
    /// The operation is stuck.
    public init(run: RunID, point: StuckPoint) {
        self.run = run
        self.point = point
    }
}
