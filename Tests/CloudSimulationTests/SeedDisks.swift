// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import CloudStoreMemory
import CloudStoreSQLite

/// How large the world of a seed is, and what goes wrong there.
enum SeedScale: String, Sendable {
    /// 8 hosts and 60 machines.
    case campus
    /// 2 hosts and 12 machines, few requests, and managers that die all the time: a crash run for a twentieth of the steps.
    case corner
}

/// The campus of a scale, and the disks of its seeds: copies of its own, in memory or in a file. The tests of the debug build and those of the
/// release build (Tests/Soak, where a link leads here) have it in common.
struct SeedDisks: Sendable {
    let story: CampusStory
    let campus: Campus
    private let made = MemoryStore()
    private let madeByEngine: SQLiteMemoryStore

    init(_ scale: SeedScale = .campus) throws {
        let (made, byEngine) = (made, try SQLiteMemoryStore())
        switch scale {
        case .campus:
            campus = try Campus(hosts: 8, instances: 60, on: { try made.reopened() })
            _ = try Campus(hosts: 8, instances: 60, on: { try byEngine.reopened() })
            story = CampusStory(of: campus)
        case .corner:
            campus = try Campus(hosts: 2, instances: 12, on: { try made.reopened() })
            _ = try Campus(hosts: 2, instances: 12, on: { try byEngine.reopened() })
            story = CampusStory(of: campus, faults: .deadly, requestsOfEach: 2)
        }
        madeByEngine = byEngine
    }

    /// A disk in memory, without an engine.
    func inMemory() throws -> SimulatedCloud.Disk {
        let copy = made.copied()
        return { try copy.reopened() }
    }

    /// A disk in memory on the engine of the file: it differs from the file in nothing but what threads and syncs add.
    func byEngine() throws -> SimulatedCloud.Disk {
        let copy = try madeByEngine.copied()
        return { try copy.reopened() }
    }

    /// A disk in a file: the store of the daemon, with its threads, its group commit and `synchronous=FULL`. Each manager opens the file anew.
    func inFile(_ path: String) throws -> SimulatedCloud.Disk {
        try madeByEngine.copied(to: path)
        return { try AwaitedStore { try await SQLiteStore.open(path: path, readers: 1) } }
    }

    /// The disk of a seed: for one in twenty a file.
    func disk(of seed: UInt64, file: @autoclosure () -> String) throws -> SimulatedCloud.Disk {
        try CampusStory.isOnFile(seed) ? inFile(file()) : inMemory()
    }
}
