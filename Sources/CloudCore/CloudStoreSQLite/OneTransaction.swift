// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import GRDB

/// A transaction that SQLite, and not its body, brought to an end. Nothing of it is acknowledged.
struct TransactionLost: Error {
    /// What was said.
    let refusal: SQLiteRefusal
    /// Whether nothing may be acknowledged after it, ever.
    let isFinal: Bool
}

extension Database {
    /// Runs something in a transaction that holds the writer's lock, checks the epoch first, and commits; all or nothing. Throws what
    /// the body throws, or ``TransactionLost``.
    func inOneTransaction<Result>(
        epoch: Int64?, beforeCommit: () throws -> Void = {}, _ body: (SQLiteSession) throws -> Result
    ) throws -> Result {
        let connection = try begin(epoch: epoch)
        do {
            let result = try body(connection)
            if let failure = connection.failure { throw failure }
            try commit(connection, beforeCommit)
            return result
        } catch {
            throw abandoned(because: error, connection)
        }
    }

    /// Begins a transaction that holds the writer's lock and checks the epoch in it; leaves none where that fails.
    func begin(epoch: Int64?) throws -> SQLiteSession {
        let connection = SQLiteSession(self)
        do {
            try connection.execute("BEGIN IMMEDIATE")
            if let epoch { try Epoch.check(epoch, connection) }
            return connection
        } catch {
            throw abandoned(because: error, connection)
        }
    }

    /// Commits; `before` is a test's way to make it fail.
    func commit(_ connection: SQLiteSession, _ before: () throws -> Void) throws {
        try before()
        try connection.execute("COMMIT")
    }

    /// Ends what is open, and says which error to throw: the body's own, or ``TransactionLost``.
    func abandoned(because error: any Error, _ connection: SQLiteSession) -> any Error {
        let cause = connection.failure ?? (error as? DatabaseError)
        let lost = cause.map { TransactionLost(refusal: SQLiteRefusal($0), isFinal: SQLiteRefusal($0).isFinal) }
        guard isInsideTransaction else { return lost ?? error }
        do { try execute(sql: "ROLLBACK") } catch let refused as DatabaseError {
            return TransactionLost(refusal: SQLiteRefusal(refused), isFinal: true)
        } catch { return error }
        return lost ?? error
    }

    /// Runs something that sees one state from beginning to end and changes nothing.
    func inOneView<Result>(_ body: (SQLView) throws -> Result) throws -> Result {
        let connection = SQLiteSession(self)
        try connection.execute("BEGIN DEFERRED")
        do {
            let result = try body(SQLView(connection))
            try connection.execute("COMMIT")
            return result
        } catch {
            if isInsideTransaction { try SQLiteSession(self).execute("ROLLBACK") }
            throw error
        }
    }
}
