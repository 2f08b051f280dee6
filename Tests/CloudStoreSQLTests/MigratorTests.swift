// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import Testing

@Suite struct MigratorTests {
    private let one = Migration(1, "one", ["CREATE TABLE \"a\" (\"x\" INTEGER)"])
    private let two = Migration(2, "two", ["ALTER TABLE \"a\" ADD COLUMN \"y\" INTEGER", "INSERT INTO \"a\" VALUES (1, 2)"])

    @Test func migrationsAreAppliedOnceAndInOrder() throws {
        try onScratch(migrated: false) { connection in
            try Migrator.migrate(connection, to: [one])
            try Migrator.migrate(connection, to: [one, two])
            try Migrator.migrate(connection, to: [one, two])
            #expect(try connection.query("SELECT \"x\", \"y\" FROM \"a\"", []) == [[.integer(1), .integer(2)]])
        }
    }

    @Test func aNewerStoreIsRefused() throws {
        try onScratch(migrated: false) { connection in
            try Migrator.migrate(connection, to: [one, two])
            #expect(throws: CloudError(.storeNewer, ["found": "2", "known": "1"])) { try Migrator.migrate(connection, to: [one]) }
        }
    }

    @Test func aMigrationThatWasChangedAfterItWasAppliedIsRefused() throws {
        try onScratch(migrated: false) { connection in
            try Migrator.migrate(connection, to: [one])
            let changed = Migration(1, "one", ["CREATE TABLE \"a\" (\"x\" TEXT)"])
            #expect { try Migrator.migrate(connection, to: [changed, two]) } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
            #expect(throws: CloudError.self) { try connection.query("SELECT \"y\" FROM \"a\"", []) }
        }
    }

    @Test func numbersHaveNoGaps() { #expect(Migration.all.map(\.number) == Array(1...Migration.all.count)) }

    @Test func epochsGrowAndOlderOnesAreRefused() throws {
        try onScratch { connection in
            #expect(try Epoch.raise(connection) == 1)
            try Epoch.check(1, connection)
            #expect(try Epoch.raise(connection) == 2)
            #expect { try Epoch.check(1, connection) } throws: { ($0 as? CloudError)?.code == .epochStale }
            #expect { try Epoch.check(3, connection) } throws: { ($0 as? CloudError)?.code == .epochStale }
        }
    }
}
