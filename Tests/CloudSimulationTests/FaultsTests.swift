// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import CloudStoreSQLite
import Testing

/// Each fault by itself, often: it happens, the log says so, and when it is over records and hosts agree.
@Suite struct FaultsTests {
    /// What the log says of each fault, and how often each is drawn here.
    private static let told: [String: (rate: Int, words: String)] = [
        "manager-dies": (2000, "manager dies"), "call-lost": (10_000, "is lost"), "answer-lost": (10_000, "its answer is lost"),
        "call-late": (10_000, "is late"), "call-doubled": (100_000, "arrives once more"), "call-given-up": (20_000, "arrives late"),
        "host-crashes": (1000, "loses its power"), "host-slow": (1000, "calls are slow"), "host-cut-off": (1000, "calls are cutOff"),
        "host-deaf": (1000, "does not arrive"), "host-mute": (1000, "calls are mute"), "store-full": (2000, "its store is full"),
        "clock-jumps": (1000, "the clock is set by"), "commit-unknown": (3000, "a commit is not answered"),
        "commit-refused": (5000, "a commit is refused"), "sync-fails": (1000, "fsync fails"),
    ]

    private static func story(_ fault: String, rate: Int, expecting: String = "expect clean") throws -> Scenario {
        try Scenario(
            """
            hosts 2
            template one on host-1
            template two on host-2
            people anna bela
            wait 10 s
            anna launches one as early
            wait 10 s
            faults \(fault) \(rate)
            anna launches one as web
            bela launches two as mail
            wait 1 min
            anna suspends web
            bela reboots mail
            anna destroys early
            wait 1 min
            anna wakes web
            wait 10 s
            bela forces-off mail
            wait 10 s
            bela starts mail
            wait 30 s
            faults \(fault) 0
            wait 12 min
            \(expecting)
            """)
    }

    private static func tell(_ story: Scenario, seed: UInt64) throws -> [String] {
        let disk = try SQLiteMemoryStore()
        return try ScenarioTeller(story).tell(seed: seed, on: { try disk.reopened() })
    }

    /// What reached hosts, and when: no sentence of the story, and nothing that is said of faults. A command that comes late or once more is
    /// among it, with what the host made of it.
    private static func reached(_ log: [String]) -> [String] {
        log.filter { line in
            let words = line.split(separator: " ")
            guard words.count > 2, words[1].hasPrefix("host-"), words[2].contains(".") else { return false }
            return words.count <= 4 || line.contains(" arrives ")
        }
    }

    private static let seeds: ClosedRange<UInt64> = 1...6
    /// What reaches hosts in the story of each seed where nothing goes wrong.
    private static let calm = Result {
        try Dictionary(uniqueKeysWithValues: seeds.map { ($0, reached(try tell(story("call-lost", rate: 0), seed: $0))) })
    }

    @Test(arguments: Faults.names) func happensIsToldAndIsOver(fault: String) throws {
        let (rate, words) = try #require(Self.told[fault], "a new fault needs its words here")
        let calm = try Self.calm.get()
        var (isTold, isFelt) = (false, false)
        for seed in Self.seeds {
            let log: [String]
            do { log = try Self.tell(Self.story(fault, rate: rate), seed: seed) } catch {
                // The same once more, for its log.
                let log = try Self.tell(Self.story(fault, rate: rate, expecting: ""), seed: seed)
                Issue.record("\(fault), seed \(seed): \(error)\n\(log.filter { !$0.contains("observe") }.joined(separator: "\n"))")
                continue
            }
            if log.contains(where: { $0.contains(words) }) { isTold = true }
            if Self.reached(log) != calm[seed] { isFelt = true }
        }
        #expect(isTold, "it never happened")
        #expect(isFelt, "hosts were told the same as without it")
    }

    /// What is only said is not what happens: a fault that is named and never comes leaves the same calls.
    @Test func whatIsOnlySaidChangesNothing() throws {
        let calm = try #require(try Self.calm.get()[1])
        let log = try Self.tell(Self.story("host-crashes", rate: 0), seed: 1)
        #expect(log.contains { $0.hasSuffix("> faults host-crashes 0") } && Self.reached(log) == calm)
        #expect(calm.contains { $0.contains("power.start") } && !calm.contains { $0.contains(">") })
    }

    /// A command that comes when others have worked on its machine since is refused by its fence, and does nothing.
    @Test func whatIsOverIsRefusedByItsFence() throws {
        let stale = try (1...3 as ClosedRange<UInt64>).flatMap { try Self.tell(Self.story("call-doubled", rate: 50_000), seed: $0) }
        #expect(stale.contains { $0.contains("arrives once more") && $0.hasSuffix("fence-stale") })
    }

    @Test func someAreAll() {
        var none = Faults.some
        for name in Faults.names { none.set(name, to: 0) }
        #expect(none == Faults())
        for name in Faults.names {
            var others = Faults.some
            others.set(name, to: 0)
            #expect(others != Faults.some, "\(name) is not among them")
        }
    }
}
