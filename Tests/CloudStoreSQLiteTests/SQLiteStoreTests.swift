// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Foundation
import GRDB
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
