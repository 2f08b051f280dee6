// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import GRDB

/// A connection of GRDB's for the length of one transaction, or of one view.
///
/// SQLite ends a transaction by itself after some errors (a full disk, a failed read). What came after would then be a transaction of
/// its own. So the first such error is kept, and everything after it throws it again, also where the caller swallowed it.
final class SQLiteSession: SQLConnection {
    private let database: Database
    /// The first error that was not a row's own fault.
    private(set) var failure: DatabaseError?

    init(_ database: Database) { self.database = database }

    @discardableResult func execute(_ statement: String, _ arguments: [StoreValue]) throws -> Int {
        try translating {
            try database.cachedStatement(sql: statement).execute(arguments: StatementArguments(arguments.map(Self.binding)))
            return database.changesCount
        }
    }

    func query(_ statement: String, _ arguments: [StoreValue]) throws -> [[StoreValue]] {
        try translating {
            let statement = try database.cachedStatement(sql: statement)
            let columns = 0..<CInt(statement.columnCount)
            // The cursor's own value, the first column, is not used: a row of GRDB's costs as much as the look that finds it.
            let rows = try DatabaseValue.fetchCursor(statement, arguments: StatementArguments(arguments.map(Self.binding)))
            var found: [[StoreValue]] = []
            while try rows.next() != nil {
                found.append(try columns.map { try Self.value(DatabaseValue(sqliteStatement: statement.sqliteStatement, index: $0)) })
            }
            return found
        }
    }

    private func translating<Result>(_ body: () throws -> Result) throws -> Result {
        if let failure { throw SQLiteRefusal(failure).error }
        do { return try body() } catch let error as DatabaseError {
            let refusal = SQLiteRefusal(error)
            if !refusal.isOfTheRow { failure = error }
            throw refusal.error
        }
    }

    private static func binding(_ value: StoreValue) -> DatabaseValue {
        switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        }
    }

    private static func value(_ value: DatabaseValue) throws -> StoreValue {
        switch value.storage {
        case .null: .null
        case .int64(let number): .integer(number)
        case .string(let text): .text(text)
        case .double, .blob: throw CloudError(.internalFault, ["part": "store"], detail: "a column holds \(value)")
        }
    }
}
