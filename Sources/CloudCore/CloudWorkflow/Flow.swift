// SPDX-License-Identifier: Apache-2.0

/// What an operation writes its steps with. One flow belongs to one run of its function: forward, or replayed to find its undos.
///
/// A call ends done (its output is journaled), refused (a ``Refusal``: the run unwinds), unknown (observed, or asked again under
/// the same key), or cut off (anything else: the run stays where its journal says).
public final class Flow<Transaction>: Sendable {
    /// The run.
    public let run: RunID
    let engine: FlowEngine<Transaction>

    init(run: RunID, engine: FlowEngine<Transaction>) {
        self.run = run
        self.engine = engine
    }

    // MARK: The store

    /// One transaction and its journal line, exactly once. `undo` is a transaction too and gets the output; it is journaled in
    /// itself, so it happens exactly once.
    public func commit<Output: Codable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (Transaction) throws -> Output,
        undo: @escaping @Sendable (Transaction, Output) throws -> Void
    ) async throws -> Output {
        try await engine.commit(name, body, undo: undo)
    }

    /// As ``commit(_:_:undo:)-(_,_,(Transaction,Output)->Void)``, and from its transaction on the run is ``RunState/waiting`` for what the
    /// next call, ``waiting(for:every:limit:_:)``, waits for under the same name: one transaction instead of two.
    public func commit<Output: Codable & Sendable>(
        _ name: String, thenWaitingFor what: String, _ body: @escaping @Sendable (Transaction) throws -> Output,
        undo: @escaping @Sendable (Transaction, Output) throws -> Void
    ) async throws -> Output {
        try await engine.commit(name, body, undo: undo, follows: .wait(what))
    }

    /// As ``commit(_:_:undo:)-(_,_,(Transaction,Output)->Void)`` for a transaction that gives nothing.
    public func commit(
        _ name: String, _ body: @escaping @Sendable (Transaction) throws -> Void,
        undo: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        _ = try await engine.commit(name, Self.givingNothing(body), undo: { tx, _ in try undo(tx) })
    }

    /// One transaction and its journal line, after which there is no way back: the sentence says why.
    @discardableResult
    public func commit<Output: Codable & Sendable>(
        _ name: String, irreversible reason: String, _ body: @escaping @Sendable (Transaction) throws -> Output
    ) async throws -> Output {
        try await engine.commit(name, body, undo: nil, irreversible: reason)
    }

    /// As ``commit(_:irreversible:_:)-(_,_,(Transaction)->Output)`` for a transaction that gives nothing.
    public func commit(
        _ name: String, irreversible reason: String, _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        _ = try await engine.commit(name, Self.givingNothing(body), undo: nil, irreversible: reason)
    }

    /// The last transaction of an operation: the end of the run is recorded in it, and what it gives is the operation's output. There is
    /// no way back over it: the sentence says why. Return what it returns; a step or commit behind it is a mistake that cuts the run off.
    public func end<Output: Codable & Sendable>(
        _ name: String, irreversible reason: String, _ body: @escaping @Sendable (Transaction) throws -> Output
    ) async throws -> Output {
        try await engine.commit(name, body, undo: nil, irreversible: reason, follows: .end)
    }

    /// As ``end(_:irreversible:_:)-(_,_,(Transaction)->Output)`` for an operation that gives nothing.
    public func end(
        _ name: String, irreversible reason: String, _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async throws -> Nothing {
        try await engine.commit(name, Self.givingNothing(body), undo: nil, irreversible: reason, follows: .end)
    }

    private static func givingNothing(
        _ body: @escaping @Sendable (Transaction) throws -> Void
    ) -> @Sendable (Transaction) throws -> Nothing {
        { tx in
            try body(tx)
            return Nothing()
        }
    }

    // MARK: The world

    /// One effect outside. The undo is registered before the work begins, so it must succeed where nothing or half is there; it
    /// sees values of the operation and outputs of earlier steps only. Where the answer is lost `observe` is asked; without it the
    /// same key is asked again, for whoever remembers results by key answers with the first one.
    public func step<Output: Codable & Sendable>(
        _ name: String, _ work: @escaping @Sendable (StepKey) async throws -> Output,
        observe: (@Sendable (StepKey) async throws -> Observation<Output>)? = nil,
        undo: @escaping @Sendable (StepKey) async throws -> Void
    ) async throws -> Output {
        try await engine.step(StepPlan(name: name, work: work, observe: observe, undo: .effect(undo)))
    }

    /// As ``step(_:_:observe:undo:)-(_,(StepKey)->Output,_,_)`` for an effect that gives nothing.
    public func step(
        _ name: String, _ work: @escaping @Sendable (StepKey) async throws -> Void,
        undo: @escaping @Sendable (StepKey) async throws -> Void
    ) async throws {
        _ = try await engine.step(StepPlan(name: name, work: work, undo: .effect(undo)))
    }

    /// One effect outside after which there is no way back: the sentence says why. A refusal of the step itself unwinds what was
    /// before it; a refusal behind it leaves the run stuck and is tried again, for from here on a run only goes forward. `observe` is
    /// asked where an answer was lost.
    public func step(
        _ name: String, irreversible reason: String, _ work: @escaping @Sendable (StepKey) async throws -> Void,
        observe: (@Sendable (StepKey) async throws -> Observation<Nothing>)? = nil
    ) async throws {
        _ = try await engine.step(StepPlan(name: name, work: work, observe: observe, undo: .irreversible(reason)))
    }

    /// As ``step(_:irreversible:_:observe:)-(_,_,(StepKey)->Void,_)`` for an effect that gives something.
    public func step<Output: Codable & Sendable>(
        _ name: String, irreversible reason: String, _ work: @escaping @Sendable (StepKey) async throws -> Output,
        observe: (@Sendable (StepKey) async throws -> Observation<Output>)? = nil
    ) async throws -> Output {
        try await engine.step(StepPlan(name: name, work: work, observe: observe, undo: .irreversible(reason)))
    }

    /// The same effect for each of several things at the same time, one step each, named `name[key]`. All of them end before the
    /// first refusal (in the order of the items) is thrown.
    public func steps<Item: Sendable>(
        _ name: String, over items: [Item], key: (Item) -> String,
        _ work: @escaping @Sendable (Item, StepKey) async throws -> Void,
        undo: @escaping @Sendable (Item, StepKey) async throws -> Void
    ) async throws {
        let plans = items.map { item in
            StepPlan(name: "\(name)[\(key(item))]", work: { try await work(item, $0) }, undo: .effect { try await undo(item, $0) })
        }
        try await engine.parallel(plans)
    }

    // MARK: Waiting, progress, children

    /// Waits until `poll` gives something, asking every `interval` of the runner's clock; nil when `limit` has passed. Meanwhile the
    /// run is ``RunState/waiting`` and another may supersede it. What came is journaled; there is nothing to undo.
    ///
    /// A run that is asked to stop while it waits is refused here as `cancelled` and unwinds; behind an irreversible step, where there
    /// is no way back, it goes on at once with nil. The limit counts the waiting of one manager: a wait that the end of a manager cut
    /// off is begun anew by the next one with the whole limit, for nobody looked in between.
    public func waiting<Output: Codable & Sendable>(
        for what: String, every interval: Duration, limit: Duration, _ poll: @escaping @Sendable () async throws -> Output?
    ) async throws -> Output? {
        try await engine.waiting(for: what, every: interval, limit: limit, poll)
    }

    /// How far the run is, 0 to 100; written with the next journal line.
    public func progress(_ percent: Int) { engine.progress(percent) }

    /// Records another operation in this transaction; it begins once the transaction is durable. A repeat of the transaction records
    /// it once. Call it inside a commit or the end only.
    public func enqueue(_ operation: some JournaledOperation, as id: RunID, in transaction: Transaction) throws {
        try engine.enqueue(operation, as: id, in: transaction)
    }
}
