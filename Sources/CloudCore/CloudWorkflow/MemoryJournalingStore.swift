// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A journaling store in memory, for those who try operations out: examples, tests, the checks of operations. A transaction works on
/// a copy and replaces the whole, so it is all or nothing; everything is lost with the process.
public final class MemoryJournalingStore<Rows: Sendable>: JournalingStore {
    /// Everything that is stored.
    public struct Content: Sendable {
        /// What operations store.
        public var rows: Rows
        /// The runs, oldest first.
        public fileprivate(set) var runs: [RunRecord] = []
        /// Their journals.
        public fileprivate(set) var journals: [RunID: [JournalEntry]] = [:]
    }

    /// One transaction: change ``content``'s rows.
    public final class Transaction: JournalTransaction {
        /// The copy that becomes the store where the body does not throw.
        public var rows: Rows {
            get { content.rows }
            set { content.rows = newValue }
        }
        fileprivate var content: Content

        fileprivate init(_ content: Content) { self.content = content }
    }

    /// Asked before each transaction becomes durable; what it throws loses the transaction.
    private let onWrite: @Sendable () throws -> Void
    private let failure: @Sendable (any Error) -> Bool
    private let stored: Mutex<Content>

    /// A store of rows and no runs.
    /// - Parameters:
    ///   - onWrite: asked before each transaction becomes durable; what it throws loses the transaction and is thrown.
    ///   - isFailure: which errors are the store's own failure; see ``JournalingStore/isFailure(_:)``.
    public init(
        _ rows: Rows, onWrite: @escaping @Sendable () throws -> Void = {},
        isFailure: @escaping @Sendable (any Error) -> Bool = { _ in false }
    ) {
        stored = Mutex(Content(rows: rows))
        self.onWrite = onWrite
        failure = isFailure
    }

    /// Everything that is stored now.
    public var content: Content { stored.withLock { $0 } }

    /// Changes journals behind everyone's back: what a broken or foreign journal does is tried with it.
    public func tamper(_ id: RunID, _ change: (inout RunRecord, inout [JournalEntry]) -> Void) {
        stored.withLock { content in
            guard let index = content.runs.firstIndex(where: { $0.id == id }) else { return }
            change(&content.runs[index], &content.journals[id, default: []])
        }
    }

    /// One transaction on a copy.
    public func write<Result: Sendable>(_ body: @Sendable (Transaction) throws -> Result) async throws -> Result {
        try stored.withLock { content in
            let transaction = Transaction(content)
            let result = try body(transaction)
            try onWrite()
            content = transaction.content
            return result
        }
    }

    /// The transaction itself.
    public func journal(in transaction: Transaction) -> any JournalTransaction { transaction }

    /// All runs that are not terminal, oldest first.
    public func unfinishedRuns() async throws -> [RunRecord] { content.runs.filter { !$0.state.isTerminal } }

    /// A run's row.
    public func run(_ id: RunID) async throws -> RunRecord? { content.runs.first { $0.id == id } }

    /// A run and its journal.
    public func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])? {
        let content = content
        return content.runs.first { $0.id == id }.map { ($0, content.journals[id] ?? []) }
    }

    /// As the store was told.
    public func isFailure(_ error: any Error) -> Bool { failure(error) }
}

extension MemoryJournalingStore.Transaction {
    /// Records a run; throws ``RunExists`` for one that is there.
    public func begin(_ run: RunRecord) throws {
        guard try self.run(run.id) == nil else { throw RunExists(run: run.id) }
        content.runs.append(run)
    }

    /// Adds a line.
    public func append(_ entry: JournalEntry, to run: RunID) throws -> RunRecord {
        let record = content.runs[try living(run)]
        content.journals[run, default: []].append(entry)
        return record
    }

    /// Changes a run's row.
    public func update(_ run: RunID, _ change: (inout RunRecord) -> Void) throws {
        let index = try living(run)
        change(&content.runs[index])
    }

    /// Ends an interruptible run.
    public func supersede(_ run: RunID, by other: RunID) throws {
        guard let index = content.runs.firstIndex(where: { $0.id == run }) else { return }
        try content.runs[index].supersede(by: other)
    }

    /// The run; nil where there is none.
    public func run(_ id: RunID) throws -> RunRecord? { content.runs.first { $0.id == id } }

    /// Its journal.
    public func entries(of id: RunID) throws -> [JournalEntry] { content.journals[id] ?? [] }

    private func living(_ run: RunID) throws -> Int {
        guard let index = content.runs.firstIndex(where: { $0.id == run }), !content.runs[index].state.isTerminal else {
            throw RunTakenOver(run: run)
        }
        return index
    }
}
