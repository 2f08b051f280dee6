// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudWorkflow
import Foundation
import GRDB
import Synchronization
import Testing

@testable import CloudStoreSQLite

@Suite struct SQLiteStoreTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("store") }

    init() throws { folder = try TemporaryFolder() }

    private func group(_ number: UInt64) throws -> CloudModel.Group {
        Group(id: ID(bits: number, 0), name: try DisplayName("Group \(number)"), owner: ID<UserKind>(bits: 3, 4))
    }

    @Test func whatWasWrittenIsThereAfterReopening() async throws {
        let row = try group(1)
        let store = try await SQLiteStore.open(path: path)
        try await store.write { tx in try tx.groups.insert(row) }
        #expect(try await store.read { try $0.groups.get(row.id) } == row)
        try await store.close()
        let again = try await SQLiteStore.open(path: path)
        #expect(try await again.read { try $0.groups.get(row.id) } == row)
        #expect(again.epoch == store.epoch + 1)
        try await again.close()
    }

    @Test func commitsWaitForTheDisk() async throws {
        let store = try await SQLiteStore.open(path: path)
        #expect(try await store.setting("synchronous") == "2", "FULL")
        #expect(try await store.setting("journal_mode") == "wal")
        try await store.close()
    }

    /// A commit that makes the log's file longer waits for the file system's journal too.
    @Test func commitsFindRoomInTheLog() async throws {
        let log = path + "-wal"
        func length() throws -> Int { try Data(contentsOf: URL(fileURLWithPath: log)).count }
        let store = try await SQLiteStore.open(path: path)
        let before = try length()
        #expect(before >= 1000 * 4096)
        for number in 1...400 {
            let row = try group(UInt64(number))
            try await store.write { tx in try tx.groups.insert(row) }
        }
        #expect(try length() == before)
        #expect(try await store.read { try $0.groups.all() }.count == 400)
        try await store.close()
        let raw = try DatabaseQueue(path: path)
        #expect(try await raw.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master WHERE name = 'room'") } == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count < before, "the room is never in the store")
        try raw.close()
    }

    @Test func aFileOfAnotherProgramIsLeftAlone() async throws {
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: "CREATE TABLE mine (x)") }
        try other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        await #expect {
            _ = try await SQLiteStore.open(path: self.path)
        } throws: { ($0 as? CloudError)?.parameters == ["reason": "the file is another program's"] }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test(arguments: ["store", "missing/store"])
    func whatIsNoStoreIsUnavailable(_ name: String) async throws {
        try Data(repeating: 0x41, count: 9000).write(to: URL(fileURLWithPath: path))
        await #expect {
            _ = try await SQLiteStore.open(path: self.folder.file(name))
        } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
    }

    /// A file system that lost its end, a copy that was broken off: no row of it is believed, and nothing in it is changed.
    @Test func aStoreCutShortIsRefusedAndLeftAsItIs() async throws {
        let store = try await SQLiteStore.open(path: path)
        for number in 1...200 {
            let row = try group(UInt64(number))
            try await store.write { tx in try tx.groups.insert(row) }
        }
        try await store.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let page = 4096
        for length in Set([1, 99, 100, page - 1, page, page + 1, whole.count / 2, whole.count - page]) {
            let cut = whole.prefix(length)
            try cut.write(to: URL(fileURLWithPath: path))
            await #expect("cut to \(length) of \(whole.count) bytes") {
                try await SQLiteStore.open(path: self.path).close()
            } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == cut, "cut to \(length) of \(whole.count) bytes")
        }
        try whole.write(to: URL(fileURLWithPath: path))
        let again = try await SQLiteStore.open(path: path)
        #expect(try await again.read { try $0.groups.count() } == 200)
        try await again.close()
    }

    @Test func aNewerStoreIsLeftAsItIs() async throws {
        try await SQLiteStore.open(path: path, migrations: Migration.all + [oneMore], beforeCommit: {}).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        await #expect {
            _ = try await SQLiteStore.open(path: self.path)
        } throws: { ($0 as? CloudError)?.code == .storeNewer }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try await SQLiteStore.open(path: path, migrations: Migration.all + [oneMore], beforeCommit: {}).close()
    }

    @Test func aClosedStoreIsUnavailable() async throws {
        let store = try await SQLiteStore.open(path: path)
        try await store.close()
        try await store.close()
        let row = try group(1)
        await #expect(throws: CloudError.self) { try await store.write { try $0.insert(row) } }
        await #expect(throws: CloudError.self) { try await store.read { try $0.groups.count() } }
    }

    @Test func aBackupIsTheStoreOfAMomentWhileItGoesOn() async throws {
        let store = try await SQLiteStore.open(path: path)
        let rows = try (1...300).map { try group(UInt64($0)) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for row in rows {
                tasks.addTask {
                    try await store.write { tx in
                        try tx.insert(row)
                        try tx.addEvent(NewEvent(code: "group.changed", object: row.id.text, operation: nil, at: Timestamp(seconds: 1)))
                    }
                }
            }
            tasks.addTask { try await store.backup(to: self.folder.file("copy")) }
            try await tasks.waitForAll()
        }
        await #expect(throws: CloudError.self) { try await store.backup(to: self.folder.file("copy")) }
        try await store.backup(to: folder.file("last"))
        for (name, least) in [("copy", 0), ("last", 300)] {
            let copy = try await SQLiteStore.open(path: folder.file(name))
            let (groups, events) = try await copy.read { (try $0.groups.count(), try $0.events(after: 0, limit: 1000).count) }
            #expect(groups == events && groups >= least, "\(name)")
            try await copy.close()
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("copy.partial")))
        try await store.close()
    }

    @Test(arguments: [true, false])
    func aBackupThatCannotBeMadeIsUnavailableAndLeavesNothing(damaged: Bool) async throws {
        let store = try await SQLiteStore.open(path: path)
        if damaged {
            try await store.set("wal_checkpoint(TRUNCATE)")
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.write(contentsOf: Data(repeating: 0x41, count: 9000))
            try file.close()
        } else {
            try await store.close()
        }
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        for name in ["copy", "missing/copy"] {
            await #expect {
                try await store.backup(to: self.folder.file(name))
            } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
    }

    /// What a kill leaves: the files as they are at that moment. What was acknowledged before must be in them.
    @Test func whatWasAcknowledgedSurvivesAKill() async throws {
        let store = try await SQLiteStore.open(path: path)
        try await store.set("wal_autocheckpoint = 0")
        let acknowledged = Acknowledged()
        let (folder, path) = (folder, path)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for writer in 0..<8 {
                tasks.addTask {
                    for number in 1...40 {
                        let row = try self.group(UInt64(writer * 100 + number))
                        try await store.write { try $0.insert(row) }
                        acknowledged.add(row.id.text)
                    }
                }
            }
            for kill in 1...5 {
                tasks.addTask {
                    while acknowledged.all.count < kill * 50 { await Task.yield() }
                    let before = acknowledged.all
                    for end in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + end, toPath: folder.file("\(kill)\(end)")) }
                    let after = try await SQLiteStore.open(path: folder.file("\(kill)"))
                    let found = Set(try await after.read { try $0.groups.all() }.map(\.id.text))
                    #expect(before.isSubset(of: found), "kill \(kill): \(before.subtracting(found).count) of \(before.count) lost")
                    try await after.close()
                }
            }
            try await tasks.waitForAll()
        }
        try await store.close()
    }

    @Test func onlyTheOwnerMayReadTheFiles() async throws {
        let store = try await SQLiteStore.open(path: path)
        let row = try group(1)
        try await store.write { tx in try tx.groups.insert(row) }
        for name in ["store", "store-wal", "store-shm"] {
            let rights = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
            #expect(rights == 0o600, "\(name)")
        }
        try await store.close()
    }
}

/// The ids of rows whose write has returned.
private final class Acknowledged: Sendable {
    private let ids = Mutex<Set<String>>([])
    var all: Set<String> { ids.withLock { $0 } }
    func add(_ id: String) { ids.withLock { _ = $0.insert(id) } }
}
