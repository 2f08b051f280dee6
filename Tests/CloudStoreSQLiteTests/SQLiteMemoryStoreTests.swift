// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Testing

@Suite struct SQLiteMemoryStoreTests {
    private struct ManagerDied: Error {}
    private let group = GroupID(bits: 1, 2)
    private typealias GroupID = ID<GroupKind>

    private func sample() throws -> Group {
        Group(id: group, name: try DisplayName("Operating systems"), owner: ID<UserKind>(bits: 3, 4))
    }

    @Test func aWriteIsSynchronousAndKept() throws {
        let store = try SQLiteMemoryStore()
        let row = try sample()
        try store.write { tx in try tx.groups.insert(row) }
        #expect(try store.read { try $0.groups.get(row.id) } == row)
    }

    @Test func aManagerThatDiesInABodyLeavesNothing() throws {
        let store = try SQLiteMemoryStore()
        let row = try sample()
        let before = try store.dump()
        #expect(throws: ManagerDied.self) {
            try store.write { tx in
                try tx.groups.insert(row)
                try tx.addEvent(NewEvent(code: "group.changed", object: row.id.text, operation: nil, at: Timestamp(seconds: 1)))
                throw ManagerDied()
            }
        }
        #expect(try store.dump() == before)
    }

    @Test func theManagerThatWasReplacedCommitsNothing() throws {
        let old = try SQLiteMemoryStore()
        let row = try sample()
        let new = try old.reopened()
        #expect(throws: CloudError(.epochStale, ["epoch": "1"], detail: "the store is led under epoch 2")) {
            try old.write { tx in try tx.groups.insert(row) }
        }
        try new.write { tx in try tx.groups.insert(row) }
        #expect(try old.read { try $0.groups.count() } == 1)
    }

    @Test func itsRowsGoOnInAFile() async throws {
        let (store, folder, row) = (try SQLiteMemoryStore(), try TemporaryFolder(), try sample())
        try store.write { tx in try tx.groups.insert(row) }
        let file = folder.file("copy.sqlite")
        try store.copied(to: file)
        let kept = try await SQLiteStore.open(path: file)
        #expect(try await kept.read { try $0.groups.get(row.id) } == row)
        #expect(kept.epoch > store.epoch, "the file's manager leads behind the one of then")
        try await kept.write { tx in try tx.groups.delete(row.id) }
        #expect(try store.read { try $0.groups.count() } == 1, "what happens to one is not seen on the other")
        try await kept.close()
        // Over a file that is there: the rows of now.
        try store.copied(to: file)
        let again = try await SQLiteStore.open(path: file)
        #expect(try await again.read { try $0.groups.count() } == 1)
        try await again.close()
        let refusal = #expect(throws: CloudError.self) { try store.copied(to: folder.file("nowhere/copy.sqlite")) }
        #expect(refusal?.code == .storeUnavailable)
    }
}
