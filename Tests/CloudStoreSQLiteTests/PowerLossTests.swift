// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import CloudStore
import CloudWorkflow
import CrashVFS
import Foundation
import Synchronization
import Testing

@testable import CloudStoreSQL
@testable import CloudStoreSQLite

/// What a store has acknowledged survives a loss of power at any write and any sync, whatever the disk keeps of what was not synced.
/// `POWER_SEEDS=1000 swift test --filter PowerLossTests` tells more; a seed that fails is told again with `POWER_SEED`.
@Suite struct PowerLossTests {
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["POWER_SEED"].flatMap(UInt64.init) { return [seed] }
        return Array(1...max(1, environment["POWER_SEEDS"].flatMap(UInt64.init) ?? 40))
    }

    @Test(arguments: seeds) func whatWasAcknowledgedIsThereAndNothingByHalves(seed: UInt64) async throws {
        var story = PowerLossStory(seed: seed)
        do { try await story.tell() } catch { Issue.record("POWER_SEED=\(seed): \(error)") }
    }

    /// The seeds above would prove nothing with a disk that loses nothing.
    @Test(arguments: [PowerLossStory.Flaw.notAsked, .notDone]) func aStoreThatIsNotSyncedLoses(flaw: PowerLossStory.Flaw) async throws {
        var losses = 0
        for seed in 1...10 as ClosedRange<UInt64> {
            var story = PowerLossStory(seed: seed, flaw: flaw)
            // What is damaged is refused at the door.
            do { try await story.tell() } catch is PowerLossStory.Loss { losses += 1 } catch let error as CloudError
                where error.code == .storeUnavailable
            { losses += 1 }
        }
        #expect(losses >= 5, "of 10 stories without syncs")
    }

    /// And what they find is lost by the power, not by the disk.
    @Test func whereThePowerLeavesEverythingNothingIsLost() async throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            var story = PowerLossStory(seed: seed, flaw: .notAsked, leaves: crash_leaves_everything)
            try await story.tell()
        }
    }

    /// Writes that share a commit: nobody can say beforehand which, so such a story is never told twice.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func whoSharesACommitIsThereAsWell(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let (folder, disk) = (try TemporaryFolder(), try CrashDisk())
        let acknowledged = Acknowledgements()
        let store = try await SQLiteStore.open(path: folder.file("store"), readers: 1, migrations: Migration.all, vfs: disk.name) {}
        disk.losePower(in: 1 + random.below(1500))
        await withTaskGroup(of: Void.self) { tasks in
            for writer in 0..<8 {
                tasks.addTask {
                    for number in (writer * 100 + 1)...(writer * 100 + 99) {
                        do { try await store.write { try PowerLossStory.add(number, in: $0) } } catch { return }
                        acknowledged.numbers.withLock { _ = $0.insert(number) }
                    }
                }
            }
        }
        #expect(!disk.hasPower, "the store gave up before its disk did")
        // What a process without a disk says at its end is nobody's business.
        do { try await store.close() } catch {}
        let left = folder.file("left")
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try disk.salvage(seed % 2 == 0 ? crash_tears_sectors : crash_leaves_nothing, seed: seed, to: left)
        let next = try await SQLiteStore.open(path: left + "/store", readers: 1)
        try await next.read { view in
            let there = try (1...800).filter { try view.groups.find(PowerLossStory.id($0)) != nil }
            #expect(acknowledged.numbers.withLock { $0 }.subtracting(there).isEmpty)
            try PowerLossStory.mustBeWhole(there, in: view)
        }
        try await next.close()
        _ = try await SQLiteCopies().check(left + "/store")
    }
}

/// The numbers whose writes returned.
private final class Acknowledgements: Sendable {
    let numbers = Mutex<Set<Int>>([])
}
