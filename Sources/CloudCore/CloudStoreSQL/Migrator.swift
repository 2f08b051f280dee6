// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

/// Brings a store's schema to this version.
public enum Migrator {
    /// Applies the migrations that the store has not had yet. Call it in one transaction that nobody else can enter; a repeat is
    /// harmless.
    ///
    /// Throws `CloudError(.storeNewer)` where the store has had migrations that this version does not know, and
    /// `CloudError(.storeUnavailable)` where one that it has had was changed since: nothing is touched then.
    public static func migrate(_ connection: any SQLConnection, to migrations: [Migration] = Migration.all) throws {
        try connection.execute(
            #"CREATE TABLE IF NOT EXISTS "schema_migrations" ("number" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "hash" TEXT NOT NULL)"#
        )
        let applied = try requireKnown(connection, to: migrations)
        for migration in migrations.dropFirst(applied) {
            for statement in migration.statements { try connection.execute(statement) }
            try connection.execute(
                #"INSERT INTO "schema_migrations" ("number", "name", "hash") VALUES (?, ?, ?)"#,
                [.integer(Int64(migration.number)), .text(migration.name), .text(migration.hash)])
        }
    }

    /// Compares the migrations that a store has had with those of this version, and gives their number; throws as ``migrate(_:to:)``.
    public static func requireKnown(_ connection: any SQLConnection, to migrations: [Migration] = Migration.all) throws -> Int {
        let applied = try connection.query(#"SELECT "number", "hash" FROM "schema_migrations" ORDER BY "number""#, [])
        guard applied.count <= migrations.count else {
            throw CloudError(.storeNewer, ["found": String(applied.count), "known": String(migrations.count)])
        }
        for (row, migration) in zip(applied, migrations) {
            guard row == [.integer(Int64(migration.number)), .text(migration.hash)] else {
                throw CloudError(
                    .storeUnavailable,
                    ["reason": "migration \(migration.number) (\(migration.name)) is not the one that the store has had"],
                    detail: "found \(row), this version has hash \(migration.hash)")
            }
        }
        return applied.count
    }
}

/// The number of the manager that leads: raised by each that opens the store for writing, compared inside every write, so that one
/// which was replaced and does not know it commits nothing (invariant I37).
public enum Epoch {
    /// Raises the store's epoch and gives the new one. Call it in a transaction of its own.
    public static func raise(_ connection: any SQLConnection) throws -> Int64 {
        let next = (try current(connection) ?? 0) + 1
        try connection.execute(#"INSERT OR REPLACE INTO "meta" ("key", "value") VALUES ('epoch', ?)"#, [.integer(next)])
        return next
    }

    /// Throws `CloudError(.epochStale)` unless the store's epoch is the given one. Call it inside the transaction that it guards.
    public static func check(_ epoch: Int64, _ connection: any SQLConnection) throws {
        let stored = try current(connection) ?? 0
        guard stored == epoch else {
            throw CloudError(.epochStale, ["epoch": String(epoch)], detail: "the store is led under epoch \(stored)")
        }
    }

    private static func current(_ connection: any SQLConnection) throws -> Int64? {
        try connection.integer(#"SELECT "value" FROM "meta" WHERE "key" = 'epoch'"#)
    }
}
