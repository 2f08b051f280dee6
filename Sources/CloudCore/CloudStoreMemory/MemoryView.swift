// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudWorkflow

/// What can be read of the content.
struct MemoryView: StoreView {
    let rows: MemoryRows

    func find<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws -> Record? {
        try rows.content.tables[Record.table]?[key].map { try read(type, $0) }
    }

    func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> [Record] {
        guard rows.content.tables[Record.table] != nil else { return [] }
        let tests = try tests(query)
        let order = try query.order.flatMap { $0.rawValue == "id" ? nil : try place(of: $0.rawValue, in: Record.table) }
        let limit = query.limit.map { max(0, $0) }
        let keys =
            rows.content.tables[Record.table]?.keys(where: tests, order: order, descending: query.descending, limit: limit) ?? []
        return try (rows.content.tables[Record.table]?.rows(of: keys) ?? []).map { try read(type, $0) }
    }

    func count<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> Int {
        guard rows.content.tables[Record.table] != nil else { return 0 }
        let tests = try tests(query)
        return rows.content.tables[Record.table]?.keys(where: tests).count ?? 0
    }

    func sum<Record: StoredRecord>(_ type: Record.Type, _ column: Record.Column, _ query: Query<Record>) throws -> Int64 {
        guard rows.content.tables[Record.table] != nil else { return 0 }
        let (tests, place) = (try tests(query), try place(of: column.rawValue, in: Record.table))
        let keys = rows.content.tables[Record.table]?.keys(where: tests) ?? []
        var sum: Int64 = 0
        for case .integer(let number) in (rows.content.tables[Record.table]?.rows(of: keys) ?? []).map({ $0.values[place] }) {
            let (next, isOver) = sum.addingReportingOverflow(number)
            guard !isOver else { throw CloudError(.internalFault, ["part": "store"], detail: "a sum over \(Record.table) is too large") }
            sum = next
        }
        return sum
    }

    func run(_ id: RunID) throws -> RunRecord? { rows.content.runs.records[id] }
    func entries(of id: RunID) throws -> [JournalEntry] { rows.content.runs.entries[id] ?? [] }
    func runs(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) throws -> [RunRecord] {
        rows.content.runs.list(actor: actor, object: object, state: state, before: before, limit: limit)
    }
    func children(of id: RunID) throws -> [RunRecord] { rows.content.runs.recorded(by: id) }
    func events(after number: Int64, limit: Int) throws -> [StoredEvent] { rows.content.events.after(number, limit: limit) }
    func eventRange() throws -> ClosedRange<Int64>? { rows.content.events.range }

    /// A row as a record of a type: as it was written, or read of its columns where it was written as another.
    private func read<Record: StoredRecord>(_ type: Record.Type, _ row: MemoryTable.Row) throws -> Record {
        if let record = row.record as? Record { return record }
        return try SQLView.read(type, rows.content.tables[Record.table]?.columns ?? [], row.values, from: Record.table)
    }

    // MARK: Conditions

    private func place(of column: String, in table: String) throws -> Int {
        guard let place = rows.content.tables[table]?.place(of: column) else {
            throw CloudError(.internalFault, ["part": "store"], detail: "\(table) has no column \(column)")
        }
        return place
    }

    private func tests<Record: StoredRecord>(_ query: Query<Record>) throws -> [RowTest] { try query.conditions.map { try test($0) } }

    private func test<Record: StoredRecord>(_ condition: Condition<Record>) throws -> RowTest {
        func place(_ column: Record.Column) throws -> Int { try self.place(of: column.rawValue, in: Record.table) }
        switch condition {
        case .equals(let column, let value): return .isIn(try place(column), [value])
        case .isIn(let column, let values):
            try QueryText.requireFew(values)
            return .isIn(try place(column), Set(values))
        case .below(let column, let value): return .below(try place(column), value)
        case .above(let column, let value): return .above(try place(column), value)
        case .lists(let column, let member): return .lists(try place(column), member)
        case .any(let conditions): return .any(try conditions.map { try test($0) })
        case .visible(let object, let subjects, let moment):
            guard let first = subjects.first else { return .any([]) }
            let owner = rows.content.tables[Record.table]?.place(of: "owner")
            let isOwned = Record.Column(rawValue: "owner") != nil
            return .visible(
                owner: isOwned ? owner : nil, object: try place(object), first: .text(first), objects: try granted(to: subjects, at: moment)
            )
        }
    }

    private func granted(to subjects: [String], at moment: Timestamp) throws -> Set<StoreValue> {
        let grants = try list(Grant.self, Query(.isIn(.subject, subjects.map(StoreValue.text))))
        return Set(grants.filter { $0.until.map { $0 > moment } ?? true }.map { .text($0.object) })
    }
}
