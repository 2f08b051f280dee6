// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudWorkflow

/// What can be read and changed in one transaction.
struct MemoryTransaction: StoreTransaction {
    private let rows: MemoryRows
    private let view: MemoryView

    init(_ rows: MemoryRows) {
        self.rows = rows
        view = MemoryView(rows: rows)
    }

    var journal: any JournalTransaction { MemoryJournal(rows: rows) }

    func insert<Record: StoredRecord>(_ record: Record) throws {
        let columns = Record.Column.allCases.map(\.rawValue)
        guard rows.content.tables[Record.table]?.columns == columns else {
            throw CloudError(.internalFault, ["part": "store"], detail: "a row of \(Record.table) has all its columns, or is none")
        }
        guard rows.content.tables[Record.table]?[record.key] == nil else {
            throw UniqueViolation(table: Record.table, columns: ["id"])
        }
        try put(record, try RowEncoder(columns: columns).row(of: record), for: record.key, in: Record.table)
    }

    // Of the table nothing is kept while it is written: a second hold of it would make the change a copy of all rows.
    @discardableResult func update<Record: StoredRecord>(_ record: Record) throws -> Record {
        guard let stored = rows.content.tables[Record.table]?[record.key]?.values else {
            throw CloudError(.notFound, ["object": record.key])
        }
        guard let version = rows.content.tables[Record.table]?.place(of: "version"), stored[version] == .integer(record.version) else {
            let actual = try view.find(Record.self, record.key)?.version ?? 0
            throw CloudError(
                .staleVersion, ["object": record.key, "expected": String(record.version), "actual": String(actual)])
        }
        var next = record
        next.version += 1
        let columns = Record.Column.allCases.map(\.rawValue)
        let row = try RowEncoder(columns: columns).row(of: next)
        if rows.content.tables[Record.table]?.columns == columns {
            try put(next, row, for: record.key, in: Record.table)
        } else {
            // Another view of the row, which names some of its columns.
            var values = stored
            for (column, value) in zip(columns, row) {
                if let place = rows.content.tables[Record.table]?.place(of: column) { values[place] = value }
            }
            try put(nil, values, for: record.key, in: Record.table)
        }
        return next
    }

    func delete<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws { rows.set(nil, in: Record.table, for: key) }
    func addEvent(_ event: NewEvent) throws { rows.append(event) }
    func deleteEvents(through number: Int64) throws { rows.removeEvents(through: number) }

    private func put(_ record: (any StoredRecord)?, _ values: [StoreValue], for key: String, in table: String) throws {
        try rows.content.tables[table]?.check(values, for: key)
        rows.set(MemoryTable.Row(record: record, values: values), in: table, for: key)
    }

    func find<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws -> Record? { try view.find(type, key) }
    func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> [Record] { try view.list(type, query) }
    func count<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> Int { try view.count(type, query) }
    func sum<Record: StoredRecord>(_ type: Record.Type, _ column: Record.Column, _ query: Query<Record>) throws -> Int64 {
        try view.sum(type, column, query)
    }
    func run(_ id: RunID) throws -> RunRecord? { try view.run(id) }
    func entries(of id: RunID) throws -> [JournalEntry] { try view.entries(of: id) }
    func runs(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) throws -> [RunRecord] {
        try view.runs(actor: actor, object: object, state: state, before: before, limit: limit)
    }
    func children(of id: RunID) throws -> [RunRecord] { try view.children(of: id) }
    func events(after number: Int64, limit: Int) throws -> [StoredEvent] { try view.events(after: number, limit: limit) }
    func eventRange() throws -> ClosedRange<Int64>? { try view.eventRange() }
}

/// The journal in a transaction.
private struct MemoryJournal: JournalTransaction {
    let rows: MemoryRows

    func begin(_ run: RunRecord) throws {
        guard rows.content.runs.records[run.id] == nil else { throw RunExists(run: run.id) }
        rows.set(run)
    }

    @discardableResult func append(_ entry: JournalEntry, to run: RunID) throws -> RunRecord {
        let record = try open(run)
        rows.append(entry, to: run)
        return record
    }

    func update(_ run: RunID, _ change: (inout RunRecord) -> Void) throws {
        var record = try open(run)
        change(&record)
        rows.set(record)
    }

    func supersede(_ run: RunID, by other: RunID) throws {
        guard var record = rows.content.runs.records[run], !record.state.isTerminal else { return }
        try record.supersede(by: other)
        rows.set(record)
    }

    func run(_ id: RunID) throws -> RunRecord? { rows.content.runs.records[id] }
    func entries(of id: RunID) throws -> [JournalEntry] { rows.content.runs.entries[id] ?? [] }

    /// The run, unless nothing more may happen to it; nothing may happen to one that is not there.
    private func open(_ run: RunID) throws -> RunRecord {
        guard let record = rows.content.runs.records[run], !record.state.isTerminal else { throw RunTakenOver(run: run) }
        return record
    }
}
