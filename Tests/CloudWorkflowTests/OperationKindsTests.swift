// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Testing

@Suite("A journal that this code cannot read holds up no other")
struct OperationKindsTests {
    /// Two runs that a dead manager left; the first is tampered with, the second must be done by the same recovery.
    private func checkSetAside(
        _ operation: some ToyOperation = Build(), diesAt boundary: Boundary = Boundary(.beforeEffect, "port"),
        _ tamper: @escaping @Sendable (inout RunRecord, inout [JournalEntry]) -> Void
    ) async throws -> StuckPoint {
        let bench = Bench()
        for id in [bench.run, RunID("op-2")] {
            await #expect(throws: Died.self) { _ = try await bench.runner(Heckler(at: boundary, Died())).perform(operation, as: id) }
        }
        bench.store.tamper(bench.run, tamper)
        let calls = bench.world.calls
        try await bench.runner().recover()
        #expect(try bench.record(RunID("op-2")).state == .done)
        #expect(try bench.record().state == .stuck)
        let point = try #require(try bench.record().stuck)
        #expect(point.step == "replay" && point.failure.code == "replay-mismatch")
        #expect(bench.world.calls.filter { $0.hasPrefix("remove") }.isEmpty && calls.count <= bench.world.calls.count)
        return point
    }

    @Test("an unknown kind")
    func unknownKind() async throws { _ = try await checkSetAside { run, _ in run.kind = "who knows" } }

    @Test("a version that is not accepted")
    func unknownVersion() async throws { _ = try await checkSetAside { run, _ in run.version = 9 } }

    @Test("an input that is not one")
    func input() async throws { _ = try await checkSetAside { run, _ in run.input = "{\"size\": \"large\"}" } }

    @Test("an output that is not one")
    func output() async throws {
        _ = try await checkSetAside { _, entries in entries[0] = JournalEntry(.committed, "claim", output: "[]") }
    }

    @Test("a step that the code does not have")
    func foreignStep() async throws {
        let point = try await checkSetAside { _, entries in entries[1] = JournalEntry(.stepped, "drive", output: "{}") }
        #expect(point.failure.parameters["expected"] == "drive")
    }

    @Test("a mismatch on the way back says that it was on the way back")
    func mismatchWhileUnwinding() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: No())
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeUndo, "port"), Died())).perform(Build(), as: bench.run)
        }
        bench.store.tamper(bench.run) { _, entries in entries[1] = JournalEntry(.stepped, "drive", output: "{}") }
        try await bench.runner().recover()
        #expect(try bench.record().stuck?.undoing == true)
        #expect(bench.world.things == ["disk", "port"])
    }

    @Test("on the way back a function that ends before all that is recorded is a mismatch, whether it returns or refuses")
    func shorterFunction() async throws {
        let long: Scripted.Script = { flow, world in
            try await flow.commit("claim") {
                $0.rows["x"] = 1
            } undo: { tx in
                tx.rows["x"] = nil
            }
            for thing in ["disk", "port", "power"] {
                try await flow.step(thing) { _ in
                    try world.make(thing)
                } undo: { _ in
                    try world.remove(thing)
                }
            }
        }
        func short(_ end: No?) -> Scripted.Script {
            { flow, world in
                try await flow.commit("claim") {
                    $0.rows["x"] = 1
                } undo: { tx in
                    tx.rows["x"] = nil
                }
                try await flow.step("disk") { _ in
                    try world.make("disk")
                } undo: { _ in
                    try world.remove("disk")
                }
                if let end { throw end }
            }
        }
        for end in [nil, No()] {
            let bench = Bench()
            bench.world.refuse("make power", with: No())
            await Scripted.$script.withValue(long) {
                await #expect(throws: Died.self) {
                    _ = try await bench.runner(Heckler(at: Boundary(.beforeUndo, "port"), Died())).perform(Scripted(), as: bench.run)
                }
            }
            try await Scripted.$script.withValue(short(end)) { try await bench.runner().recover() }
            let point = try #require(try bench.record().stuck)
            #expect(point.undoing && point.failure.parameters == ["expected": "port", "actual": "the end"])
            #expect(bench.world.things == ["disk", "port"] && bench.rows == ["x": 1], "nothing is taken back in part")
            // A code that has the steps again cures it.
            try await Scripted.$script.withValue(long) { try await bench.runner().recover() }
            #expect(try bench.record().state == .undone)
            #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
        }
    }

    @Test("an older version that is accepted goes on")
    func olderVersion() async throws {
        let bench = Bench()
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { _ in }
            try await flow.step("disk") { _ in
                try world.make("disk")
            } undo: { _ in
            }
        }) {
            await #expect(throws: Died.self) {
                _ = try await bench.runner(Heckler(at: Boundary(.afterCommit, "claim"), Died())).perform(Scripted(), as: bench.run)
            }
            bench.store.tamper(bench.run) { run, _ in run.version = 1 }
            try await bench.runner().recover()
        }
        #expect(try bench.record().state == .done)
    }

    @Test("a stuck run that a better code can read goes on, and all attempts are counted")
    func curedByCode() async throws {
        let bench = Bench()
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeEffect, "port"), Died())).perform(Build(), as: bench.run)
        }
        for attempt in 1...3 {
            try await bench.runner(kinds: OperationKinds()).recover()
            #expect(try bench.record().stuck?.attempts == attempt)
        }
        try await bench.runner().recover()
        #expect(try bench.record().state == .done)
    }

    @Test("kinds are named in order")
    func names() { #expect(Bench.kinds.names == ["await", "build", "build-many", "burn", "child", "confide", "parent", "scripted"]) }
}
