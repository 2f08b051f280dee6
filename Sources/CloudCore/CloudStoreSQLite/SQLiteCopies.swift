// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
import CloudStoreSQL
import GRDB

extension SQLiteStore: StoreBackup {}

/// Copies of a store in files of SQLite's.
public struct SQLiteCopies: StoreCopies {
    /// How far fences, versions and serials of pictures move: more than a site makes of any one of them between a backup and its end.
    static let leap: Int64 = 1_000_000
    /// How far the numbers of events move: there is one row of them for the whole site.
    static let leapOfEvents: Int64 = 1_000_000_000

    /// Copies in files.
    public init() {}

    /// As ``CloudStore/StoreCopies`` says; the check is SQLite's own (`PRAGMA integrity_check`), which reads every page.
    public func check(_ path: String) async throws -> Int {
        try await BlockingExecutor("lyceum.store.check").run {
            do {
                // Not read-only: such a connection would leave its files beside the copy.
                let queue = try DatabaseQueue(path: path, configuration: .store("check"))
                let schema = try queue.unsafeRead { database in
                    try database.requireStore()
                    let found = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
                    guard found == ["ok"] else {
                        throw CloudError(.storeUnavailable, ["reason": "the store is damaged"], detail: found.joined(separator: "; "))
                    }
                    return try Migrator.requireKnown(SQLiteSession(database))
                }
                try queue.close()
                return schema
            } catch let error as DatabaseError { throw SQLiteRefusal(error).unavailability }
        }
    }

    /// As ``CloudStore/StoreCopies`` says.
    public func revive(_ path: String, _ body: @Sendable (any Store) async throws -> Void) async throws {
        _ = try await check(path)
        let store = try await SQLiteStore.open(path: path, readers: 1)
        do {
            try await store.leap()
            try await body(store)
        } catch {
            // What failed first is what the caller must hear; a copy that was not revived is thrown away.
            do { try await store.close() } catch {}
            throw error
        }
        try await store.close()
    }
}

extension SQLiteStore {
    /// Moves the numbers that others remember past what the lost store can have given.
    fileprivate func leap() async throws {
        try await writer.leap { connection in
            for record in StoredRecords.all {
                let changes = record.columnNames.filter { ["fence", "serial", "version"].contains($0) }
                    .map { "\"\($0)\" = \"\($0)\" + \(SQLiteCopies.leap)" }
                try connection.execute("UPDATE \"\(record.table)\" SET \(changes.joined(separator: ", "))")
            }
            try connection.execute("DELETE FROM \"sightings\"")
            try connection.execute("DELETE FROM \"evidence\"")
            try connection.execute("DELETE FROM \"events\"")
            // The row is there once there was an event (https://www.sqlite.org/autoinc.html); without one nobody remembers a number.
            try connection.execute(
                "UPDATE \"sqlite_sequence\" SET \"seq\" = \"seq\" + \(SQLiteCopies.leapOfEvents) WHERE \"name\" = 'events'")
        }
    }
}

extension StoredRecord {
    /// The names of its columns.
    fileprivate static var columnNames: [String] { Column.allCases.map(\.rawValue) }
}
