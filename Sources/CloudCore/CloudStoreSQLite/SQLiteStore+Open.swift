// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import GRDB

extension SQLiteStore {
    /// Opens the store in a file, makes it where there is none (readable by the owner only), brings its schema to this version and
    /// raises the epoch: whoever led before commits nothing from now on.
    ///
    /// - Parameters:
    ///   - path: The file; SQLite puts two more beside it, with `-wal` and `-shm` at the end of their names.
    ///   - readers: How many reads go on at a time, 1 to 64.
    ///
    /// Throws `CloudError(.storeNewer)` for a store of a newer version, which is left as it is, and `CloudError(.storeUnavailable)`
    /// where the file cannot be opened or is not a store.
    public static func open(path: String, readers: Int = 4) async throws -> SQLiteStore {
        try await open(path: path, readers: readers, migrations: Migration.all) {}
    }

    /// As ``open(path:readers:)``, with migrations, a file system of SQLite's by its name, and a fault of the commit to be chosen by a test.
    static func open(
        path: String, readers: Int = 4, migrations: [Migration], vfs: String? = nil, beforeCommit: @escaping @Sendable () throws -> Void
    ) async throws -> SQLiteStore {
        let executor = BlockingExecutor("lyceum.store.writer")
        let place = vfs.map { "file:\(path)?vfs=\($0)" } ?? path
        return try await executor.run {
            do {
                try StoreFile.create(path)
                let queue = try DatabaseQueue(path: place, configuration: .store("writer"))
                let epoch = try queue.writeWithoutTransaction { try $0.lead(migrations) }
                var configuration = Configuration.store("reader")
                configuration.readonly = true
                let connections = try (0..<min(max(1, readers), 64)).map { number in
                    SQLiteReader(
                        try DatabaseQueue(path: place, configuration: configuration),
                        executor: BlockingExecutor("lyceum.store.reader.\(number)"))
                }
                return SQLiteStore(
                    writer: SQLiteWriter(queue, epoch: epoch, executor: executor, beforeCommit: beforeCommit),
                    readers: SQLiteReaders(connections), epoch: epoch)
            } catch let error as DatabaseError {
                throw SQLiteRefusal(error).error
            } catch let lost as TransactionLost {
                throw lost.refusal.error
            }
        }
    }
}

extension Database {
    /// `LYCM`, in the header of every store's file. <https://www.sqlite.org/pragma.html#pragma_application_id>
    private static let applicationID: Int64 = 0x4C59_434D

    /// Says that the file is a store.
    func markAsStore() throws { try execute(sql: "PRAGMA application_id = \(Self.applicationID)") }

    private func mark() throws -> Int64 { try Int64.fetchOne(self, sql: "PRAGMA application_id") ?? 0 }

    /// Throws `CloudError(.storeUnavailable)` for a file that is not marked as a store.
    func requireStore() throws {
        let mark = try mark()
        guard mark == Self.applicationID else {
            throw CloudError(.storeUnavailable, ["reason": "the file is another program's"], detail: "application id \(mark)")
        }
    }

    /// Makes sure that the file is a store, readies the connection for writing, and takes the lead.
    fileprivate func lead(_ migrations: [Migration]) throws -> Int64 {
        let tables = try Int.fetchOne(self, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if try tables > 0 || mark() != 0 { try requireStore() }
        guard try String.fetchOne(self, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw CloudError(.storeUnavailable, ["reason": "the file system of the store cannot keep a write-ahead log"])
        }
        try execute(sql: "PRAGMA synchronous = FULL")
        // What a savepoint may have to put back is copied; without this, into a file that is made and removed with each larger group.
        try execute(sql: "PRAGMA temp_store = MEMORY")
        let epoch = try inOneTransaction(epoch: nil) { connection in
            try connection.execute("PRAGMA application_id = \(Self.applicationID)")
            try Migrator.migrate(connection, to: migrations)
            return try Epoch.raise(connection)
        }
        try makeRoomInLog()
        return epoch
    }
}
