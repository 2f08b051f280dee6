// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import CloudStore
import CloudWorkflow
import CrashVFS
import Foundation

@testable import CloudStoreSQL
@testable import CloudStoreSQLite

/// A store that lives on a ``CrashDisk``: writes, loss of power, and again, on what is left. After each loss what was acknowledged must be there, and
/// nothing by halves.
///
/// ```
///   open ──▶ write 1, 2, 3 … ──▶ the power ends at a write or sync ──▶ salvage ──▶ look at a copy ──┐
///    ▲                                                                                              │
///    └──────────────────────────────────────── three times ─────────────────────────────────────────┘
/// ```
struct PowerLossStory {
    /// Something was acknowledged and is not there, or is there by halves.
    struct Loss: Error, CustomStringConvertible { let description: String }

    /// What is wrong with the disk beyond its losses.
    enum Flaw {
        case none
        /// The store waits for no sync (`synchronous=OFF`).
        case notAsked
        /// A sync is acknowledged and not done.
        case notDone
    }

    var random: SplitMix64
    var flaw = Flaw.none
    /// What every loss leaves; nil: by chance.
    var leaves: crash_kind?

    init(seed: UInt64, flaw: Flaw = .none, leaves: crash_kind? = nil) {
        random = SplitMix64(seed: seed)
        self.flaw = flaw
        self.leaves = leaves
    }

    private static let kinds = [
        crash_leaves_nothing, crash_leaves_everything, crash_leaves_the_first, crash_tears_sectors, crash_tears_pages,
    ]

    mutating func tell() async throws {
        let folder = try TemporaryFolder()
        func life(_ number: Int) throws -> String {
            let path = folder.file("life-\(number)")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return path
        }
        var known = 0
        for number in 1...3 {
            let (here, next) = (try life(number), try life(number + 1))
            let disk = try CrashDisk()
            known = try await live(on: disk, in: here + "/store", after: known)
            try disk.salvage(leaves ?? Self.kinds[random.below(Self.kinds.count)], seed: random.next(), to: next)
            let copy = folder.file("copy-\(number)")
            try FileManager.default.copyItem(atPath: next, toPath: copy)
            do { known = try await look(at: copy + "/store", acknowledged: known) } catch let loss as Loss {
                throw Loss(description: "life \(number), \(disk.work) writes and syncs: \(loss)")
            }
        }
    }

    /// One life: gives the number of the last write that was acknowledged.
    private mutating func live(on disk: CrashDisk, in path: String, after last: Int) async throws -> Int {
        var known = last
        // One life in four ends early: while the store is opened, which is some hundreds of pieces of work, or soon after.
        if random.below(4) == 0 { disk.losePower(in: 1 + random.below(3000)) }
        do {
            let store = try await SQLiteStore.open(path: path, readers: 1, migrations: Migration.all, vfs: disk.name) {}
            do {
                if flaw == .notAsked { try await store.set("synchronous = OFF") }
                if flaw == .notDone { disk.lie() }
                // Often enough that some losses are in the middle of bringing the log back.
                if random.below(2) == 0 { try await store.set("wal_autocheckpoint = \(4 + random.below(60))") }
                disk.losePower(in: 1 + random.below(1000))
                for _ in 0..<150 {
                    try await Self.write(known + 1, to: store)
                    known += 1
                }
            } catch  where !disk.hasPower {}
            disk.losePower()
            // What a process without a disk says at its end is nobody's business.
            do { try await store.close() } catch {}
        } catch  where !disk.hasPower {}
        return known
    }

    /// One transaction: a row, its events, and a row that every one of them changes.
    private static func write(_ number: Int, to store: any Store) async throws {
        try await store.write { tx in
            try add(number, in: tx)
            let name = try DisplayName("Count \(number)")
            if try tx.groups.find(counter) == nil {
                try tx.groups.insert(CloudModel.Group(id: counter, name: name, owner: owner))
            } else {
                try tx.groups.change(counter) { $0.name = name }
            }
        }
    }

    private static let counter = ID<GroupKind>(bits: 0, 0)
    private static let owner = ID<UserKind>(bits: 3, 4)
    static func id(_ number: Int) -> ID<GroupKind> { ID(bits: 1, UInt64(number)) }

    /// A row, and its events: some have more than fit a page.
    static func add(_ number: Int, in tx: any StoreTransaction) throws {
        try tx.groups.insert(CloudModel.Group(id: id(number), name: DisplayName("Number \(number)"), owner: owner))
        for part in 1...parts(of: number) {
            try tx.addEvent(
                NewEvent(code: "group.changed", object: id(number).text, operation: nil, at: Timestamp(seconds: Int64(part))))
        }
    }
    private static func parts(of number: Int) -> Int { number % 10 == 0 ? 60 : 3 }

    /// Throws ``Loss`` where one of these rows is without some of its events, or some are without it.
    static func mustBeWhole(_ numbers: [Int], in view: any StoreView) throws {
        let events = try Dictionary(grouping: view.events(after: 0, limit: 1_000_000), by: \.event.object).mapValues(\.count)
        for number in numbers where events[id(number).text] != parts(of: number) {
            throw Loss(description: "number \(number) has \(events[id(number).text] ?? 0) events of \(parts(of: number))")
        }
        guard events.count == numbers.count else { throw Loss(description: "there are events of what is not there") }
    }

    /// Opens what is left as the next manager does, and gives the number of the last write that is there.
    private func look(at path: String, acknowledged: Int) async throws -> Int {
        let store = try await SQLiteStore.open(path: path, readers: 1)
        let found = try await store.read { view in
            let rows = try view.groups.all()
            let count = rows.count { $0.id != Self.counter }
            guard (acknowledged...acknowledged + 1).contains(count) else {
                throw Loss(description: "\(acknowledged) were acknowledged, \(count) are there")
            }
            let numbers = Array(1..<count + 1)
            guard Set(rows.map(\.id)).subtracting([Self.counter]) == Set(numbers.map(Self.id)) else {
                throw Loss(description: "\(count) are there, and not the first ones")
            }
            guard count == 0 || rows.first(where: { $0.id == Self.counter })?.name.text == "Count \(count)" else {
                throw Loss(description: "\(count) are there, and what counts them says another number")
            }
            try Self.mustBeWhole(numbers, in: view)
            return count
        }
        try await store.close()
        // Reads every page.
        _ = try await SQLiteCopies().check(path)
        return found
    }
}
