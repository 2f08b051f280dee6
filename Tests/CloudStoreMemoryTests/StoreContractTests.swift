// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import Testing

@testable import CloudStoreMemory

@Suite struct StoreContractTests {
    @Test(arguments: StoreContract.Rule.allCases)
    func holds(_ rule: StoreContract.Rule) async throws { try await StoreContract(with: MemoryFixture()).check(rule) }

    /// The same calls to it and to SQLite have the same answers, and leave the same rows.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func itSaysAndKeepsWhatSQLiteDoes(_ seed: UInt64) async throws {
        let found = try await StoreDifference(seed: seed).between(try SQLiteStore.inMemory(), and: MemoryStore())
        #expect(found.differences.isEmpty && found.committed > 10, "\(found.differences.joined(separator: "\n"))")
    }

    /// Stores that have not the same show it in their answers, and in what they keep.
    @Test(arguments: ["event", "row", "run"]) func aDifferenceIsFound(_ kind: String) async throws {
        let other = MemoryStore()
        try other.write { tx in
            switch kind {
            case "event": try tx.addEvent(NewEvent(code: "c", object: "o", operation: nil, at: Timestamp(milliseconds: 1)))
            case "row": try tx.insert(try RecordSample(7).make(InstancePort.self))
            default:
                try tx.journal.begin(RunRecord(id: RunID("op-1"), kind: "k", version: 1, input: "{}", actor: "x", object: "Z"))
            }
        }
        var seen: Set<Substring> = []
        for seed in 0..<4 as Range<UInt64> {
            let found = try await StoreDifference(seed: seed).between(MemoryStore(), and: other.copied())
            seen.formUnion(found.differences.map { $0.prefix { $0 != " " && $0 != ":" } })
        }
        let kept = ["event": "events", "row": "ports", "run": "runs"]
        #expect(seen.contains("transaction") && seen.contains { $0.hasSuffix(kept[kind] ?? "?") }, "\(seen)")
    }

    /// A copy is a disk of its own.
    @Test func aCopyIsADiskOfItsOwn() throws {
        let (one, sample) = (MemoryStore(), try RecordSample(1).make(Heartbeat.self))
        try one.write { try $0.insert(sample) }
        let other = one.copied()
        try other.write { try $0.delete(Heartbeat.self, sample.key) }
        #expect(try one.dump()["heartbeats"]?.count == 1 && other.dump()["heartbeats"]?.isEmpty == true)
    }

    /// Each unique index of the schema is kept; that there are any at all, and what one with a condition says.
    @Test func theSchemasUniqueIndexesAreRead() throws {
        let all = Migration.all.flatMap(\.statements)
        let statements = all.filter { $0.contains("UNIQUE") }
        // What the store cannot read in them: an index that goes again, one within a table, one over several lines.
        #expect(all.allSatisfy { !$0.contains("DROP INDEX") })
        #expect(statements.allSatisfy { $0.hasPrefix("CREATE UNIQUE INDEX ") && !$0.contains("\n") })
        #expect(UniqueIndex.all.values.joined().count == statements.count && statements.count > 8)
        #expect(
            UniqueIndex.all["instances"]
                == [UniqueIndex(#"CREATE UNIQUE INDEX "n" ON "instances" ("owner", "name") WHERE "alive" = 1"#)].compactMap(\.self))
        #expect(UniqueIndex.all["instances"]?.first?.only?.column == "alive")
        #expect(UniqueIndex(#"CREATE INDEX "n" ON "t" ("a")"#) == nil)
        #expect(UniqueIndex(#"CREATE UNIQUE INDEX "n" ON "t" ("a") WHERE "b" IS NULL"#) == nil)
    }
}

private struct WrongStore: Error {}

private struct MemoryFixture: StoreFixture {
    func store() -> any Store { MemoryStore() }
    func reopen(_ store: any Store) throws -> any Store { try memory(store).reopened() }
    func reopenAfterNewer(_ store: any Store) throws -> any Store {
        try memory(store).reopened(knowing: Migration.all.count + 1).reopened()
    }
    private func memory(_ store: any Store) throws -> MemoryStore {
        guard let store = store as? MemoryStore else { throw WrongStore() }
        return store
    }
}
