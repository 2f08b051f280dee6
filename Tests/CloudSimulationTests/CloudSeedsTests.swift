// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Foundation
import Testing

/// Three people at work on 60 machines of 8 hosts, while managers die and calls, answers and commits are lost (`CampusStory`). Here are a few
/// seeds, to be looked at in a debugger; Scripts/soak tells thousands of the same in release.
@Suite(.serialized) final class CloudSeedsTests {
    /// 1 to 20, the last one on a file; SIM_SEED names one to be repeated, SIM_SEEDS another number of them, SIM_SCALE
    /// another world (`SeedScale`).
    /// 0 stands for what is no number: it is told by nobody.
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SIM_SEED"] { return [UInt64(seed) ?? 0] }
        let last = environment["SIM_SEEDS"].map { UInt64($0) ?? 0 } ?? 20
        return last > 0 ? Array(1...last) : [0]
    }
    private static let disks = Result {
        guard let name = ProcessInfo.processInfo.environment["SIM_SCALE"] else { return try SeedDisks() }
        return try SeedDisks(try #require(SeedScale(rawValue: name), "SIM_SCALE is campus or corner"))
    }
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-seeds-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit {
        do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
    }

    private func file(_ seed: UInt64) -> String { folder.appending(path: "seed-\(seed).sqlite").path }

    @Test(arguments: seeds) func seed(_ seed: UInt64) throws {
        try #require(seed > 0, "SIM_SEED and SIM_SEEDS are numbers from 1 on")
        let disks = try Self.disks.get()
        let told = disks.story.tell(seed, on: try disks.disk(of: seed, file: file(seed)))
        #expect(told.wrong.isEmpty, "SIM_SEED=\(seed): \(told.wrong.joined(separator: "\n"))\n\(told.trace.joined(separator: "\n"))")
    }

    @Test func theSameSeedTellsTheSameStory() throws {
        let disks = try Self.disks.get()
        let clouds = try (0..<2).map { _ in disks.campus.cloud(seed: 7, on: try disks.inMemory()) }
        let told = clouds.map { disks.story.tell(7, in: $0) }
        #expect(told[0].digest == told[1].digest && told[0].lines == told[1].lines)
        #expect(zip(clouds[0].log.lines, clouds[1].log.lines).first { $0 != $1 } == nil)
        // Scripts/soak compares it with what the release build says.
        print("seeds: debug tells seed 7 as \(String(told[0].digest, radix: 16))")
    }

    /// The store without an engine differs from SQLite in nothing that a story could show.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func theEngineTellsTheSameStory(_ seed: UInt64) throws {
        let disks = try Self.disks.get()
        let clouds = try [disks.inMemory(), disks.byEngine()].map { disks.campus.cloud(seed: seed, on: $0) }
        let told = clouds.map { disks.story.tell(seed, in: $0) }
        #expect(zip(clouds[0].log.lines, clouds[1].log.lines).first { $0 != $1 } == nil)
        #expect(told[0].digest == told[1].digest && told[0].steps == told[1].steps && told[0].steps > 100)
    }

    /// The store of the daemon, with threads of its own and a file, and the one in memory differ in nothing that a story could show.
    @Test func theRealStoreTellsTheSameStory() throws {
        let disks = try Self.disks.get()
        // One in which a manager dies.
        let candidates = stride(from: 20 as UInt64, through: 200, by: 20)
        let mortal = try candidates.first { disks.story.tell($0, on: try disks.inMemory()).crashes > 0 }
        let seed = try #require(mortal)
        let clouds = [
            disks.campus.cloud(seed: seed, on: try disks.inMemory()), disks.campus.cloud(seed: seed, on: try disks.inFile(file(seed))),
        ]
        let told = clouds.map { disks.story.tell(seed, in: $0) }
        #expect(zip(clouds[0].log.lines, clouds[1].log.lines).first { $0 != $1 } == nil)
        #expect(told[0].digest == told[1].digest && told[1].wrong.isEmpty, "\(told[1].wrong)")
        #expect(told[1].crashes > 0 && told[1].steps > 100, "a manager died on the file, and the next one opened it")
    }

    /// Records that are not those of the hosts: the seed is told as broken, with the end of its log and what lies before it counted.
    @Test func aBrokenSeedIsToldWithItsTrace() throws {
        let disks = try Self.disks.get()
        let foreign = try SQLiteMemoryStore()
        _ = try Campus(hosts: 1, instances: 3, on: { try foreign.reopened() })
        let cloud = disks.campus.cloud(seed: 3, on: { try foreign.reopened() })
        let told = disks.story.tell(3, in: cloud)
        #expect(!told.wrong.isEmpty && told.trace.last == cloud.log.lines.last)
        #expect(told.trace.contains { $0.hasPrefix("… ") } && told.trace.count < told.lines)
    }

    @Test func aTraceShowsWhatTheSentencesName() throws {
        let disks = try Self.disks.get()
        let cloud = disks.campus.cloud(seed: 3, on: try disks.inMemory())
        #expect(disks.story.tell(3, in: cloud).trace.isEmpty, "a good seed needs none")
        let lines = cloud.log.lines
        let machine = try #require(disks.campus.instances.first { machine in lines.contains { $0.contains(machine.text) } })
        let concerned = lines.filter { $0.contains(machine.text) }
        let trace = cloud.log.shortened(about: ["I7 is broken: \(machine) is on two hosts"], keeping: lines.count)
        #expect(Set(concerned).isSubset(of: trace) && trace.count < lines.count)
        #expect(cloud.log.shortened(about: [], keeping: 3).filter { !$0.hasPrefix("…") } == lines.suffix(3))
    }
}
