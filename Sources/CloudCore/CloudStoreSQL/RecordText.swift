// SPDX-License-Identifier: Apache-2.0

import CloudStore
import Synchronization

/// The parts of statements that depend on a record's type alone, made once.
struct RecordText: Sendable {
    /// The columns, in the order in which rows are written and read.
    let columns: [String]
    /// `SELECT … FROM …`.
    let select: String
    /// `INSERT INTO …`, one argument a column.
    let insert: String
    /// Where the key is among the columns.
    let keyPosition: Int
    /// Where the version is.
    let versionPosition: Int
    /// `DELETE FROM …`, the key its argument.
    let delete: String

    private init(_ table: String, _ columns: [String]) {
        self.columns = columns
        let names = columns.map { "\"\($0)\"" }
        let list = names.joined(separator: ", ")
        select = "SELECT \(list) FROM \"\(table)\""
        insert = "INSERT INTO \"\(table)\" (\(list)) VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"
        keyPosition = columns.firstIndex(of: "id") ?? 0
        versionPosition = columns.firstIndex(of: "version") ?? 0
        delete = "DELETE FROM \"\(table)\" WHERE \"id\" = ?"
    }

    private static let made = Mutex<[ObjectIdentifier: RecordText]>([:])

    /// The texts of a record's type.
    static func of<Record: StoredRecord>(_ type: Record.Type) -> RecordText {
        made.withLock { made in
            if let text = made[ObjectIdentifier(type)] { return text }
            let text = RecordText(Record.table, Record.Column.allCases.map(\.rawValue))
            made[ObjectIdentifier(type)] = text
            return text
        }
    }
}
