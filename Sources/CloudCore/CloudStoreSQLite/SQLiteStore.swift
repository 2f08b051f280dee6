// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
import CloudStoreSQL
public import CloudWorkflow
import GRDB

/// A store in a file: SQLite in WAL mode with `synchronous=FULL`, one writer with group commit, a few readers.
///
/// What `write` returned is on the disk. Writes that wait together share one commit. After a failed fsync, or any other failure of the
/// disk, nothing more is acknowledged and every write throws `CloudError(.storeUnavailable)` until the store is opened anew; whether
/// the writes that were refused then had reached the disk is read from it (their journals say). Reads go on.
public final class SQLiteStore: Store, StoreFigures {
    /// The epoch under which it writes.
    public let epoch: Int64
    let writer: SQLiteWriter
    private let readers: SQLiteReaders

    init(writer: SQLiteWriter, readers: SQLiteReaders, epoch: Int64) {
        self.writer = writer
        self.readers = readers
        self.epoch = epoch
    }

    /// As ``CloudStore/StoreFigures`` says.
    public var commits: StoreCommits { writer.figures.value }

    /// An empty store in memory, for tests.
    public static func inMemory() throws -> SQLiteMemoryStore { try SQLiteMemoryStore() }

    /// As ``CloudStore/Store`` says.
    public func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
        try await writer.write(body)
    }

    /// As ``CloudStore/Store`` says.
    public func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result {
        try await readers.read { try body($0) }
    }

    /// As ``CloudStore/Store`` says.
    public func dump() async throws -> [String: [String]] { try await readers.read { try $0.dump() } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func unfinishedRuns() async throws -> [RunRecord] { try await readers.read { try $0.unfinishedRuns() } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func openRuns(besides known: Set<RunID>) async throws -> OpenRuns {
        try await readers.read { try $0.openRuns(besides: known) }
    }

    /// Copies the store as it is at this moment into a new file, while it goes on working. The file is whole or not there: it is
    /// written under another name, forced to the disk and renamed.
    ///
    /// Throws `CloudError(.storeUnavailable)` where there is such a file already, where it cannot be written, or where the store
    /// cannot be read; then no file is left, and it may be asked for again.
    public func backup(to path: String) async throws {
        do {
            try await StoreFile.make(path) { partial in
                let copy = try DatabaseQueue(path: partial, configuration: .store("backup"))
                try await self.readers.last.copy(to: copy)
                try copy.close()
            }
        } catch let error as DatabaseError { throw SQLiteRefusal(error).unavailability }
    }

    /// Changes a setting of the writer's connection, for a test of what happens then.
    func set(_ pragma: String) async throws { _ = try await writer.setting(pragma) }
    /// The value of such a setting.
    func setting(_ pragma: String) async throws -> String? { try await writer.setting(pragma) }

    /// Commits what waits and closes the files. Every call after it throws; a repeat is harmless.
    public func close() async throws {
        // The writer last: only a connection that may write can bring the log back into the file.
        try await readers.close()
        try await writer.close()
    }
}
