// SPDX-License-Identifier: Apache-2.0

/// The journal as one transaction sees it. Everything that a run writes passes through here, so this is the one place that refuses a
/// run which was superseded meanwhile.
public protocol JournalTransaction {
    /// Records a new run; throws ``RunExists`` where one of the same id is there, which goes on untouched.
    func begin(_ run: RunRecord) throws
    /// Adds a line. Throws ``RunTakenOver`` where the run is terminal. Returns the run as it stands, so that a request to cancel is
    /// seen without another read.
    @discardableResult func append(_ entry: JournalEntry, to run: RunID) throws -> RunRecord
    /// Changes a run's row. Throws ``RunTakenOver`` where the run is terminal.
    func update(_ run: RunID, _ change: (inout RunRecord) -> Void) throws
    /// Ends a run that is interruptible (``RunState/isInterruptible``) because another takes over what it held, as
    /// ``RunRecord/supersede(by:)`` says; harmless for a terminal one and where there is none; throws ``RunBusy`` for one that is at
    /// work.
    func supersede(_ run: RunID, by other: RunID) throws
    /// The run; nil where there is none.
    func run(_ id: RunID) throws -> RunRecord?
    /// Its journal, in order.
    func entries(of id: RunID) throws -> [JournalEntry]
}

/// What the workflow asks of a store: transactions that carry a journal.
public protocol JournalingStore<Transaction>: Sendable {
    /// What a transaction can do, for the operations.
    associatedtype Transaction
    /// Runs the body in one transaction, all or nothing, durable when it returns. The body may be run again, so it has no effect
    /// outside the transaction.
    func write<Result: Sendable>(_ body: @Sendable (Transaction) throws -> Result) async throws -> Result
    /// The journal in a transaction.
    func journal(in transaction: Transaction) -> any JournalTransaction
    /// All runs that are not terminal, oldest first; throws where one of them cannot be read.
    func unfinishedRuns() async throws -> [RunRecord]
    /// The same, as far as they can be read, but for some that the caller knows of: for whoever goes through all of them, where one must hold
    /// up no other. Asked every second with all that are at work, so one that is known should cost next to nothing.
    func openRuns(besides known: Set<RunID>) async throws -> OpenRuns
    /// A run's row without its journal; nil where there is none. Asked several times a second for each run that waits.
    func run(_ id: RunID) async throws -> RunRecord?
    /// A run and its journal; nil where there is none.
    func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])?
    /// Whether an error is the store's own failure, although it is a ``Refusal`` by its type: such a one decides nothing, wherever
    /// it was thrown, and cuts the run off.
    func isFailure(_ error: any Error) -> Bool
}

extension JournalingStore {
    /// All or nothing: right for stores in which no row can be broken alone.
    public func openRuns(besides known: Set<RunID>) async throws -> OpenRuns {
        OpenRuns(runs: try await unfinishedRuns().filter { !known.contains($0.id) })
    }

    /// All of them, as far as they can be read.
    public func openRuns() async throws -> OpenRuns { try await openRuns(besides: []) }

    /// None: right for stores whose failures are no ``Refusal``.
    public func isFailure(_ error: any Error) -> Bool { false }
}

/// The runs that are not terminal, as far as they can be read.
public struct OpenRuns: Sendable {
    /// Those that can, oldest first.
    public var runs: [RunRecord]
    /// Why each of the others cannot.
    public var unread: [RunID: any Error]
    /// Such runs.
    public init(runs: [RunRecord] = [], unread: [RunID: any Error] = [:]) {
        self.runs = runs
        self.unread = unread
    }
}

/// The run has ended or was superseded: whoever still works for it stops, without undoing anything.
public struct RunTakenOver: Error, Hashable, Sendable {
    /// The run.
    public let run: RunID
    /// The run was taken over.
    public init(run: RunID) { self.run = run }
}

/// The run is at work and cannot be superseded.
public struct RunBusy: Error, Hashable, Sendable {
    /// The run.
    public let run: RunID
    /// The run is at work.
    public init(run: RunID) { self.run = run }
}

/// A run of that id was begun before: ids are chosen once.
public struct RunExists: Error, Hashable, Sendable {
    /// The run.
    public let run: RunID
    /// A run of that id was begun before.
    public init(run: RunID) { self.run = run }
}
