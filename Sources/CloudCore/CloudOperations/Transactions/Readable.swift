// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

/// The rows that a query names, as far as they can be read.
struct Readable<Record: StoredRecord> {
    /// Those that can, in the order of the query.
    var rows: [Record]
    /// Why each of the others cannot, by key.
    var unread: [String: CloudError] = [:]
}

extension StoreView {
    /// The rows that a query names. One that cannot be read hides the others in one statement; then each is read alone, so that a bad
    /// record holds up no other.
    func readable<Record: StoredRecord>(_ query: Query<Record>) throws -> Readable<Record> {
        do { return Readable(rows: try list(Record.self, query)) } catch let error as CloudError where error.isUnreadableRow {
            var found = Readable<Record>(rows: [])
            for name in try names(query) {
                do { if let row = try find(Record.self, name) { found.rows.append(row) } } catch let error as CloudError
                    where error.isUnreadableRow
                { found.unread[name] = error }
            }
            return found
        }
    }

    /// The keys of the rows that a query names, whatever else stands in them.
    func names<Record: StoredRecord>(_ query: Query<Record>) throws -> [String] {
        let names = Query<RowName<Record>>(
            conditions: query.conditions.map(\.ofNames), order: query.order.map { .init($0) }, descending: query.descending,
            limit: query.limit)
        return try list(RowName<Record>.self, names).map(\.id)
    }
}

/// As much of a row as can be read whatever the rest of it says. It is asked for by all the columns of its record.
private struct RowName<Record: StoredRecord>: StoredRecord {
    struct Column: CodingKey, CaseIterable, RawRepresentable, Sendable {
        let rawValue: String
        init?(rawValue: String) {
            guard Record.Column(rawValue: rawValue) != nil else { return nil }
            self.rawValue = rawValue
        }
        init(_ column: Record.Column) { rawValue = column.rawValue }
        init?(stringValue: String) { self.init(rawValue: stringValue) }
        init?(intValue: Int) { nil }
        var stringValue: String { rawValue }
        var intValue: Int? { nil }
        /// What is read.
        static var allCases: [Column] { ["id", "version"].compactMap { Column(rawValue: $0) } }
    }
    private enum CodingKeys: String, CodingKey { case id, version }
    static var table: String { Record.table }
    let id: String
    var version: Int64
    var key: String { id }
}

extension Condition {
    fileprivate var ofNames: Condition<RowName<Record>> {
        switch self {
        case .equals(let column, let value): .equals(.init(column), value)
        case .isIn(let column, let values): .isIn(.init(column), values)
        case .below(let column, let value): .below(.init(column), value)
        case .above(let column, let value): .above(.init(column), value)
        case .lists(let column, let member): .lists(.init(column), member)
        case .any(let conditions): .any(conditions.map(\.ofNames))
        case .visible(let object, let subjects, let moment): .visible(object: .init(object), subjects: subjects, at: moment)
        }
    }
}
