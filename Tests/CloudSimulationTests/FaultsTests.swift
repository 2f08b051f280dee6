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
        // Nothing is said of a call that takes longer, but when it came.
        "call-late": (10_000, ""), "call-doubled": (100_000, "arrives once more"), "call-given-up": (20_000, "arrives late"),
        "host-crashes": (1000, "loses its power"), "host-slow": (1000, "calls are slow"), "host-cut-off": (1000, "calls are cutOff"),
        "host-deaf": (1000, "does not arrive"), "host-mute": (1000, "calls are mute"), "store-full": (2000, "its store is full"),
        "clock-jumps": (1000, "the clock is set by"), "commit-unknown": (3000, "a commit is not answered"),
        "commit-refused": (5000, "a commit is refused"), "sync-fails": (1000, "fsync fails"),
    ]

    private func story(_ fault: String, rate: Int, expecting: String = "expect clean") throws -> Scenario {
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

    private func tell(_ story: Scenario, seed: UInt64) throws -> [String] {
        let disk = try SQLiteMemoryStore()
        return try ScenarioTeller(story).tell(seed: seed, on: { try disk.reopened() })
    }

    @Test(arguments: Faults.names) func happensIsToldAndIsOver(fault: String) throws {
        let (rate, words) = try #require(Self.told[fault], "a new fault needs its words here")
        var logs: [[String]] = []
        for seed in 1...6 as ClosedRange<UInt64> {
            do { logs.append(try tell(story(fault, rate: rate), seed: seed)) } catch {
                // The same once more, for its log.
                let log = try tell(story(fault, rate: rate, expecting: ""), seed: seed)
                Issue.record("\(fault), seed \(seed): \(error)\n\(log.filter { !$0.contains("observe") }.joined(separator: "\n"))")
            }
        }
        #expect(words.isEmpty || logs.contains { $0.contains { $0.contains(words) } }, "it never happened")
        let calm = try tell(story(fault, rate: 0), seed: 1)
        #expect(logs.contains { $0 != calm }, "it changed nothing")
    }

    /// A command that comes when others have worked on its machine since is refused by its fence, and does nothing.
    @Test func whatIsOverIsRefusedByItsFence() throws {
        let stale = try (1...3 as ClosedRange<UInt64>).flatMap { try tell(story("call-doubled", rate: 50_000), seed: $0) }
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
