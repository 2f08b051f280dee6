// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
import CloudStoreSQL
public import CloudWorkflow
import GRDB

/// A store in memory: the same statements and rules as ``SQLiteStore``, on SQLite's own memory database.
///
/// Everything is synchronous and runs on the caller's thread, so a simulation that uses it stays on its one thread and the same seed
/// gives the same run. The object is "the disk": it outlives the simulated end of a manager, which is an error thrown in a body, and
/// ``reopened()`` is the next manager's view of it.
///
/// A body must not call the store again: SQLite has one connection here, and GRDB ends the process.
public final class SQLiteMemoryStore: Store {
    private let queue: DatabaseQueue
    /// The epoch under which it writes.
    public let epoch: Int64

    /// An empty store with the newest schema.
    public convenience init() throws { try self.init(DatabaseQueue(configuration: .store("memory")), Migration.all) }

    private init(_ queue: DatabaseQueue, _ migrations: [Migration]) throws {
        self.queue = queue
        epoch = try queue.writeWithoutTransaction { database in
            try database.inOneTransaction(epoch: nil) { connection in
                try Migrator.migrate(connection, to: migrations)
                return try Epoch.raise(connection)
            }
        }
    }

    /// The same disk, opened by the next manager: from now on writes through this object throw `CloudError(.epochStale)`.
    public func reopened() throws -> SQLiteMemoryStore { try reopened(knowing: Migration.all) }

    /// The same rows on a disk of their own: what happens to one is not seen on the other. Costs less than making them again.
    public func copied() throws -> SQLiteMemoryStore {
        let other = try DatabaseQueue(configuration: .store("memory"))
        try queue.backup(to: other)
        return try SQLiteMemoryStore(other, Migration.all)
    }

    /// The same rows in a file, which ``SQLiteStore`` opens: the same story can then be told on the real disk. A file that is there is
    /// overwritten. Throws `CloudError(.storeUnavailable)` where it cannot be written.
    public func copied(to path: String) throws {
        do {
            try StoreFile.create(path)
            let file = try DatabaseQueue(path: path, configuration: .store("copy"))
            try queue.backup(to: file)
            try file.writeWithoutTransaction { try $0.markAsStore() }
            try file.close()
        } catch let error as DatabaseError { throw SQLiteRefusal(error).unavailability }
    }

    /// As ``reopened()``, by a version that has these migrations.
    func reopened(knowing migrations: [Migration]) throws -> SQLiteMemoryStore { try SQLiteMemoryStore(queue, migrations) }

    /// As ``CloudStore/Store`` says.
    public func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) throws -> Result {
        try queue.writeWithoutTransaction { database in
            do { return try database.inOneTransaction(epoch: epoch) { try body(SQLTransaction($0)) } } catch let lost as TransactionLost {
                throw lost.refusal.error
            }
        }
    }

    /// As ``CloudStore/Store`` says.
    public func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) throws -> Result { try seeing { try body($0) } }

    /// Nobody can write while it is read: there is one connection, and a read is over before anything else runs. So it is one view of its
    /// own, without a transaction.
    private func seeing<Result>(_ body: (SQLView) throws -> Result) throws -> Result {
        try queue.unsafeRead { try body(SQLView(SQLiteSession($0))) }
    }

    /// As ``CloudStore/Store`` says.
    public func dump() throws -> [String: [String]] { try seeing { try $0.dump() } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func unfinishedRuns() throws -> [RunRecord] { try seeing { try $0.unfinishedRuns() } }

    /// As ``CloudWorkflow/JournalingStore`` says. Asynchronous by its word only, so that the protocol's own is not taken for it.
    public func openRuns(besides known: Set<RunID>) async throws -> OpenRuns { try readOpenRuns(besides: known) }
    private func readOpenRuns(besides known: Set<RunID>) throws -> OpenRuns { try seeing { try $0.openRuns(besides: known) } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func run(_ id: RunID) throws -> RunRecord? { try read { try $0.run(id) } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func journal(of id: RunID) throws -> (run: RunRecord, entries: [JournalEntry])? {
        try read { view in try view.run(id).map { ($0, try view.entries(of: id)) } }
    }
}

extension Configuration {
    /// What every connection of a store has in common. Transactions that outlive one access are group commit's, and are allowed.
    static func store(_ label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = "lyceum.store.\(label)"
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(5)
        return configuration
    }
}
