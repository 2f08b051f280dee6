// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudStoreSQL
import GRDB

extension Database {
    /// Runs something in a transaction that holds the writer's lock, checks the epoch first, and commits; all or nothing.
    func inOneTransaction<Result>(
        epoch: Int64?, beforeCommit: () throws -> Void = {}, _ body: (SQLiteConnection) throws -> Result
    ) throws -> Result {
        let connection = SQLiteConnection(self)
        try connection.execute("BEGIN IMMEDIATE")
        do {
            if let epoch { try Epoch.check(epoch, connection) }
            let result = try body(connection)
            if let failure = connection.failure { throw failure }
            try beforeCommit()
            try connection.execute("COMMIT")
            return result
        } catch {
            if isInsideTransaction { try SQLiteConnection(self).execute("ROLLBACK") }
            throw (error as? DatabaseError).map { SQLiteRefusal($0).error } ?? error
        }
    }

    /// Runs something that sees one state from beginning to end and changes nothing.
    func inOneView<Result>(_ body: (SQLView) throws -> Result) throws -> Result {
        let connection = SQLiteConnection(self)
        try connection.execute("BEGIN DEFERRED")
        do {
            let result = try body(SQLView(connection))
            try connection.execute("COMMIT")
            return result
        } catch {
            if isInsideTransaction { try SQLiteConnection(self).execute("ROLLBACK") }
            throw error
        }
    }
}
