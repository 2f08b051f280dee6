// SPDX-License-Identifier: Apache-2.0

import CloudStore

/// What a change leaves as it is need not be written: a statement that names a column writes every index which holds it, also where
/// the value stays, and a key that is named takes its row out of the table and of all indexes and puts it in again.
struct RowChange {
    /// `"a" = ?, "b" = ?`; empty where nothing changes.
    private(set) var assignments = ""
    /// The new values, in the same order.
    private(set) var values: [StoreValue] = []

    /// The change of a row that is known as it stands, or of one of which only its key (the column `id`) is known.
    init(of columns: [String], from before: [StoreValue]?, to after: [StoreValue]) {
        for (position, column) in columns.enumerated() where column != "id" {
            if let before, before[position] == after[position] { continue }
            if !values.isEmpty { assignments += ", " }
            assignments += "\"\(column)\" = ?"
            values.append(after[position])
        }
    }
}

/// Rows that a transaction has read one by one or written, as they stood then. Whether they still do is asked by the statement that
/// writes one, for it names the version.
final class KnownRows {
    private struct Name: Hashable {
        let table: String
        let key: String
    }
    private var rows: [Name: [StoreValue]] = [:]

    /// The row of a key; nil where it was not looked at, or is no more.
    subscript(table: String, key: String) -> [StoreValue]? {
        get { rows[Name(table: table, key: key)] }
        set { rows[Name(table: table, key: key)] = newValue }
    }
}
