// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Testing

@testable import CloudStoreSQL

@Suite struct SchemaTests {
    private func columns(of table: String) throws -> [String] {
        try onScratch { connection in
            try connection.query("SELECT name FROM pragma_table_info(?) ORDER BY cid", [.text(table)]).map { row in
                guard case .text(let name) = row[0] else { return "?" }
                return name
            }
        }
    }

    private func columns<Record: StoredRecord>(of type: Record.Type) -> (table: String, columns: [String]) {
        (Record.table, Record.Column.allCases.map(\.rawValue))
    }

    /// A record without its column loses data; a column without its property is dead weight.
    @Test func aRecordsColumnsAreItsTablesColumns() throws {
        for record in StoredRecords.all {
            let (table, expected) = columns(of: record)
            #expect(try columns(of: table) == expected, "\(table): change Migration.firstSchema, or append a migration after a release")
        }
    }

    @Test func theStoresOwnTablesHaveTheColumnsThatAreWritten() throws {
        #expect(try columns(of: "runs") == ["number"] + Schema.runColumns)
        #expect(try columns(of: "journal_entries") == ["run", "position"] + Schema.entryColumns)
        #expect(try columns(of: "events") == ["number"] + Schema.eventColumns)
    }

    /// A table that no list names would be missing from dumps.
    @Test func everyTableIsARecordsOrTheStores() throws {
        let tables = try onScratch { connection in
            try connection.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", [])
        }
        let records = StoredRecords.all.map { StoreValue.text(columns(of: $0).table) }
        let own = ["events", "journal_entries", "meta", "runs", "schema_migrations"].map { StoreValue.text($0) }
        #expect(Set(tables.map { $0[0] }) == Set(records + own))
        #expect(Set(records).count == records.count)
    }
}
