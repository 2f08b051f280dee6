// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import GRDB

/// The one writer of a store, on a thread of its own, with group commit.
///
/// The first write that finds no group open begins the outer transaction and puts the commit behind every write that waits already;
/// those become savepoints in it. A body that throws rolls back its own savepoint (the first one: the whole, which is its own still)
/// and is told at once. Nobody is acknowledged before the outer COMMIT, which is the one wait for the disk that all of them share.
///
/// ```
///      first write that succeeds     commit, or lost to the engine
///  closed ────────────────▶ open ─────────────────────────────▶ closed
///     │                                │
///     └──────── a final error ─────────┴──▶ ended                (opened anew only)
/// ```
actor SQLiteWriter {
    /// What became of a group.
    private enum Verdict: Sendable {
        case committed
        case lost
        case ended(CloudError)
    }
    /// Those who share a commit. Its verdict may come before a member waits for it: a caller whose task prefers an executor of its own is
    /// put at the end of the queue once more between its body and its wait.
    private final class Group {
        var members = 0
        private var waiting: [CheckedContinuation<Verdict, Never>] = []
        private var verdict: Verdict?

        func wait(_ member: CheckedContinuation<Verdict, Never>) {
            if let verdict { member.resume(returning: verdict) } else { waiting.append(member) }
        }
        func end(_ verdict: Verdict) {
            self.verdict = verdict
            for member in waiting { member.resume(returning: verdict) }
            waiting = []
        }
    }
    /// The group was lost while a member's body ran.
    private struct GroupLost: Error {}

    private let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let queue: DatabaseQueue
    private let epoch: Int64
    private let beforeCommit: @Sendable () throws -> Void
    /// What was committed so far.
    nonisolated let figures = Live(StoreCommits())
    /// The group that is open.
    private var group: Group?
    /// Why nothing is written any more.
    private var ended: CloudError?

    init(_ queue: DatabaseQueue, epoch: Int64, executor: BlockingExecutor, beforeCommit: @escaping @Sendable () throws -> Void) {
        self.queue = queue
        self.epoch = epoch
        self.executor = executor
        self.beforeCommit = beforeCommit
    }

    /// Runs a body in the group that is open, and returns when it is durable.
    func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
        if let ended { throw ended }
        let (result, group): (Result, Group)
        do { (result, group) = try join(body) } catch is GroupLost { return try alone(body) }
        switch await withCheckedContinuation({ group.wait($0) }) {
        case .committed: return result
        case .lost: return try alone(body)
        case .ended(let refusal): throw refusal
        }
    }

    /// Reads or changes a setting of the connection.
    func setting(_ pragma: String) throws -> String? {
        commitGroup()
        return try queue.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA \(pragma)") }
    }

    /// Runs statements in one transaction of their own, for what no transaction of a caller's can say.
    func leap(_ body: (SQLiteSession) throws -> Void) throws {
        commitGroup()
        if let ended { throw ended }
        try queue.writeWithoutTransaction { database in
            try refusing { try database.inOneTransaction(epoch: epoch, beforeCommit: beforeCommit, body) }
        }
    }

    /// Commits what is open and refuses everything after it; harmless when repeated.
    func close() throws {
        commitGroup()
        if ended == nil { ended = CloudError(.storeUnavailable, ["reason": "the store was closed"]) }
        try queue.close()
    }

    private func join<Result>(_ body: (any StoreTransaction) throws -> Result) throws -> (Result, Group) {
        try queue.writeWithoutTransaction { database in
            guard let group else { return try beginGroup(on: database, with: body) }
            let connection = SQLiteSession(database)
            do {
                try connection.execute("SAVEPOINT member")
                let result = try body(SQLTransaction(connection))
                try connection.execute("RELEASE member")
                group.members += 1
                return (result, group)
            } catch {
                if leave(connection) { throw error }
                let verdict = verdict(on: database.abandoned(because: error, connection))
                tell(verdict)
                if case .ended(let refusal) = verdict { throw refusal }
                throw GroupLost()
            }
        }
    }

    /// Takes a member's changes back and leaves the others'; false where the engine has lost the group.
    private func leave(_ connection: SQLiteSession) -> Bool {
        guard connection.failure == nil else { return false }
        do {
            try connection.execute("ROLLBACK TO member")
            try connection.execute("RELEASE member")
            return true
        } catch { return false }
    }

    /// Begins a group with its first member, which needs no savepoint: as long as it is alone, the whole is what it takes back.
    private func beginGroup<Result>(
        on database: Database, with body: (any StoreTransaction) throws -> Result
    ) throws -> (Result, Group) {
        let result = try refusing {
            let connection = try database.begin(epoch: epoch)
            do {
                let result = try body(SQLTransaction(connection))
                if let failure = connection.failure { throw failure }
                return result
            } catch { throw database.abandoned(because: error, connection) }
        }
        let group = Group()
        group.members = 1
        self.group = group
        executor.afterWhatWaits { self.assumeIsolated { $0.commitGroup() } }
        return (result, group)
    }

    private func commitGroup() {
        guard let group else { return }
        tell(
            queue.writeWithoutTransaction { database in
                let connection = SQLiteSession(database)
                do {
                    try database.commit(connection, beforeCommit)
                    count(transactions: group.members)
                    return .committed
                } catch { return verdict(on: database.abandoned(because: error, connection)) }
            })
    }

    /// One more commit. Only the writer sets the figures.
    private func count(transactions: Int) {
        var next = figures.value
        (next.commits, next.transactions) = (next.commits + 1, next.transactions + transactions)
        figures.set(next)
    }

    private func tell(_ verdict: Verdict) {
        let ended = group
        group = nil
        ended?.end(verdict)
    }

    private func verdict(on error: any Error) -> Verdict {
        guard let lost = error as? TransactionLost, lost.isFinal else { return .lost }
        let refusal = lost.refusal.unavailability
        ended = refusal
        return .ended(refusal)
    }

    /// Runs a body in a transaction of its own, after its group was lost: what the engine says now is the body's own answer.
    private func alone<Result>(_ body: (any StoreTransaction) throws -> Result) throws -> Result {
        commitGroup()
        if let ended { throw ended }
        return try queue.writeWithoutTransaction { database in
            let result = try refusing {
                try database.inOneTransaction(epoch: epoch, beforeCommit: beforeCommit) { try body(SQLTransaction($0)) }
            }
            count(transactions: 1)
            return result
        }
    }

    /// What the engine lost is a refusal of the one who was alone in it, and perhaps the end.
    private func refusing<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let lost as TransactionLost {
            if case .ended(let refusal) = verdict(on: lost) { throw refusal }
            throw lost.refusal.error
        }
    }
}
