// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
import CloudStoreSQL
public import CloudWorkflow
import Synchronization

/// A store in memory and without an engine: for simulations, which commit a million times a minute, and for tests. Everything is lost with the
/// process.
///
/// It holds records as they were written instead of rows that are read, and keeps the rules of the schema (the unique indexes, one by one as
/// the migrations say them) and of ``CloudStore/Store``: the contract suite of stores passes on it, and a simulated seed tells the
/// same story on it as on SQLite, to the byte (Documentation/decisions/0038-simulations-have-a-store-without-an-engine.md).
///
/// Everything is synchronous and runs on the caller's thread. The object is a manager's view of "the disk", which outlives the simulated end
/// of the manager; ``reopened()`` is the next manager's.
///
/// A body must not call the store again: its lock is not recursive, and the process would end or hang.
public final class MemoryStore: Store {
    private let disk: MemoryDisk
    /// The epoch under which it writes.
    public let epoch: Int64

    /// An empty store.
    public convenience init() { self.init(MemoryDisk()) }

    private init(_ disk: MemoryDisk) {
        self.disk = disk
        epoch = disk.content.withLock { content in
            content.epoch += 1
            return content.epoch
        }
    }

    /// The same disk, opened by the next manager: from now on writes through this object throw `CloudError(.epochStale)`. Throws
    /// `CloudError(.storeNewer)` where a version that knows more migrations has had it.
    public func reopened() throws -> MemoryStore { try reopened(knowing: Migration.all.count) }

    /// As ``reopened()``, by a version that knows so many migrations.
    func reopened(knowing migrations: Int) throws -> MemoryStore {
        try disk.content.withLock { content in
            guard content.migrations <= migrations else {
                throw CloudError(.storeNewer, ["found": String(content.migrations), "known": String(migrations)])
            }
            content.migrations = migrations
        }
        return MemoryStore(disk)
    }

    /// The same rows on a disk of their own: what happens to one is not seen on the other.
    public func copied() -> MemoryStore { MemoryStore(MemoryDisk(disk.content.withLock { $0 })) }

    /// As ``CloudStore/Store`` says.
    public func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) throws -> Result {
        try disk.content.withLock { content in
            guard content.epoch == epoch else {
                throw CloudError(.epochStale, ["epoch": String(epoch)], detail: "the store is led under epoch \(content.epoch)")
            }
            let rows = MemoryRows(taking: &content)
            defer { swap(&rows.content, &content) }
            do { return try body(MemoryTransaction(rows)) } catch {
                rows.rollBack()
                throw error
            }
        }
    }

    /// As ``CloudStore/Store`` says.
    public func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) throws -> Result {
        try disk.content.withLock { content in
            let rows = MemoryRows(taking: &content)
            defer { swap(&rows.content, &content) }
            return try body(MemoryView(rows: rows))
        }
    }

    /// As ``CloudStore/Store`` says.
    public func dump() throws -> [String: [String]] { try read { try $0.dumped() } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func unfinishedRuns() throws -> [RunRecord] { disk.content.withLock { $0.runs.unfinished() } }

    /// As ``CloudWorkflow/JournalingStore`` says. Asynchronous by its word only, so that the protocol's own is not taken for it.
    public func openRuns(besides known: Set<RunID>) async throws -> OpenRuns { unfinished(besides: known) }
    private func unfinished(besides known: Set<RunID>) -> OpenRuns {
        disk.content.withLock { OpenRuns(runs: $0.runs.unfinished(besides: known)) }
    }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func run(_ id: RunID) throws -> RunRecord? { disk.content.withLock { $0.runs.records[id] } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func journal(of id: RunID) throws -> (run: RunRecord, entries: [JournalEntry])? {
        disk.content.withLock { content in content.runs.records[id].map { ($0, content.runs.entries[id] ?? []) } }
    }
}

/// Where the content lies.
private final class MemoryDisk: Sendable {
    let content: Mutex<MemoryContent>
    init(_ content: MemoryContent = MemoryContent()) { self.content = Mutex(content) }
}
