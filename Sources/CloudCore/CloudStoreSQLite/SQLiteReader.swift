// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudStoreSQL
import GRDB
import Synchronization

/// One connection that reads, on a thread of its own. In WAL mode it never waits for the writer, and the writer never for it.
actor SQLiteReader {
    private let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let queue: DatabaseQueue

    init(_ queue: DatabaseQueue, executor: BlockingExecutor) {
        self.queue = queue
        self.executor = executor
    }

    /// Runs a body on the state of this moment.
    func read<Result: Sendable>(_ body: @Sendable (SQLView) throws -> Result) throws -> Result {
        try queue.unsafeRead { try $0.inOneView(body) }
    }

    /// Copies the whole store, as it is at this moment, into another database. The connection is asked for something first: SQLite's
    /// backup takes a closed one as it is and ends the process.
    func copy(to other: DatabaseQueue) throws {
        _ = try queue.unsafeRead { try SQLiteSession($0).query("SELECT 1", []) }
        try queue.backup(to: other)
    }

    func close() throws { try queue.close() }
}

/// The readers of a store: a read goes to the one with the fewest reads under way.
final class SQLiteReaders: Sendable {
    private let readers: [SQLiteReader]
    private let underWay: Mutex<[Int]>

    init(_ readers: [SQLiteReader]) {
        self.readers = readers
        underWay = Mutex(Array(repeating: 0, count: readers.count))
    }

    /// Runs a body on the state of this moment.
    func read<Result: Sendable>(_ body: @Sendable (SQLView) throws -> Result) async throws -> Result {
        let place = underWay.withLock { counts in
            let place = counts.indices.min { counts[$0] < counts[$1] } ?? 0
            counts[place] += 1
            return place
        }
        defer { underWay.withLock { $0[place] -= 1 } }
        return try await readers[place].read(body)
    }

    /// One of them, for something long.
    var last: SQLiteReader { readers[readers.count - 1] }

    func close() async throws { for reader in readers { try await reader.close() } }
}
