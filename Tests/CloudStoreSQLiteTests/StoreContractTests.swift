// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudTesting
import Testing

@testable import CloudStoreSQLite

@Suite struct StoreContractTests {
    @Test(arguments: StoreContract.Rule.allCases)
    func inMemory(_ rule: StoreContract.Rule) async throws { try await StoreContract(with: MemoryFixture()).check(rule) }

    @Test(arguments: StoreContract.Rule.allCases)
    func inAFile(_ rule: StoreContract.Rule) async throws { try await StoreContract(with: FileFixture()).check(rule) }
}

/// A migration that no version has yet.
let oneMore = Migration(Migration.all.count + 1, "from the future", [#"CREATE TABLE "moons" ("id" TEXT NOT NULL PRIMARY KEY)"#])

private struct WrongStore: Error {}

private struct MemoryFixture: StoreFixture {
    func store() throws -> any Store { try SQLiteStore.inMemory() }
    func reopen(_ store: any Store) throws -> any Store { try memory(store).reopened() }
    func reopenAfterNewer(_ store: any Store) throws -> any Store {
        try memory(store).reopened(knowing: Migration.all + [oneMore]).reopened()
    }
    private func memory(_ store: any Store) throws -> SQLiteMemoryStore {
        guard let store = store as? SQLiteMemoryStore else { throw WrongStore() }
        return store
    }
}

private struct FileFixture: StoreFixture {
    private let folder: TemporaryFolder
    private var path: String { folder.file("store") }
    private let others = Counter()

    init() throws { folder = try TemporaryFolder() }

    func store() async throws -> any Store { try await SQLiteStore.open(path: path + others.next()) }
    func reopen(_ store: any Store) async throws -> any Store { try await SQLiteStore.open(path: path + "0") }
    func reopenAfterNewer(_ store: any Store) async throws -> any Store {
        try await SQLiteStore.open(path: path + "0", migrations: Migration.all + [oneMore], beforeCommit: {}).close()
        return try await reopen(store)
    }
}
