// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import CloudWorkflow

@Suite("What is written together is as safe as what is written alone")
struct JoinedTransactionsTests {
    private func counting() -> (Bench, @Sendable () -> Int) {
        let count = CountOfWrites()
        return (Bench(store: ToyStore([:], onWrite: { count.number.withLock { $0 += 1 } })), { count.number.withLock { $0 } })
    }

    @Test("a step's line is written before the next effect, or with the next commit")
    func lines() async throws {
        let (bench, writes) = counting()
        _ = try await bench.runner().perform(Build(), as: bench.run)
        #expect(writes() == 5, "claim; disk; port; power and running; the end")
        #expect(bench.lines() == ["committed claim", "stepped disk", "stepped port", "stepped power", "committed running"])
        let other = Bench()
        await #expect(throws: Died.self) {
            _ = try await other.runner(Heckler(at: Boundary(.beforeEffect, "port"), Died())).perform(Build(), as: other.run)
        }
        #expect(other.lines() == ["committed claim", "stepped disk"], "nothing is done outside while a line waits")
    }

    @Test("a wait that a commit announces, and an end in the last commit, cost no transaction of their own")
    func end() async throws {
        let (bench, writes) = counting()
        try await Scripted.$script.withValue({ flow, _ in
            _ = try await flow.commit("begin", thenWaitingFor: "it") { _ in
                1
            } undo: { _, _ in
            }
            #expect(try bench.record().state == .waiting)
            #expect(try bench.record().waitingFor == "it")
            let found = try await flow.waiting(for: "it", every: .seconds(1), limit: .seconds(5)) { 2 }
            #expect(found == 2)
            _ = try await flow.end("over", irreversible: "a test") { _ in }
            #expect(try bench.record().state == .done)
        }) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        #expect(writes() == 2)
        #expect(bench.lines() == ["committed begin", "stepped wait for it", "committed over"])
        #expect(try bench.record().output == "{}")
        #expect(try bench.record().percent == 100)
    }

    @Test("a manager that dies right after the last commit has left nothing to do")
    func died() async throws {
        let (bench, writes) = counting()
        await Scripted.$script.withValue({ flow, _ in _ = try await flow.end("over", irreversible: "a test") { _ in } }) {
            await #expect(throws: Died.self) {
                _ = try await bench.runner(Heckler(at: Boundary(.afterCommit, "over"), Died())).perform(Scripted(), as: bench.run)
            }
        }
        #expect(try bench.record().state == .done)
        try await bench.runner().recover()
        #expect(writes() == 1)
    }

    @Test("a run that was stuck at its last commit is stuck no more when that is its end")
    func unstuck() async throws {
        let bench = Bench()
        let refuses = Mutex(true)
        try await Scripted.$script.withValue({ flow, _ in
            try await flow.commit("begin", irreversible: "a test") { _ in }
            _ = try await flow.end("over", irreversible: "a test") { _ in
                if refuses.withLock({ value in
                    defer { value = false }
                    return value
                }) {
                    throw No()
                }
            }
        }) {
            await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
            try await bench.runner().recover()
        }
        #expect(try bench.record().state == .done)
        #expect(try bench.record().stuck == nil)
    }

    @Test("who asks a run to stop during a step is heard in the commit that its line waits for")
    func cancelled() async throws {
        let bench = Bench()
        await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim") {
                $0.rows["claim"] = 1
            } undo: {
                $0.rows["claim"] = nil
            }
            try await flow.step("disk") { _ in
                try world.make("disk")
                try await bench.runner().cancel(bench.run)
            } undo: { _ in
                try world.remove("disk")
            }
            try await flow.commit("running", irreversible: "a test") { $0.rows["running"] = 1 }
        }) {
            await #expect(throws: RunRefused(run: bench.run, failure: RunFailure(code: "cancelled", parameters: ["operation": "op-1"]))) {
                _ = try await bench.runner().perform(Scripted(), as: bench.run)
            }
        }
        #expect(bench.rows.isEmpty)
        #expect(bench.world.things.isEmpty)
        #expect(bench.lines() == ["committed claim", "stepped disk", "unwinding", "undone disk", "undone claim"])
    }

    @Test("a wait takes the line of the step before it along, and is open to others before its first look")
    func waitBehindAStep() async throws {
        let (bench, writes) = counting()
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("begin", irreversible: "a test") { _ in }
            try await flow.step("ask", irreversible: "a test") { _ in try world.make("ask") }
            _ = try await flow.waiting(for: "it", every: .seconds(1), limit: .seconds(5)) { () async throws -> Bool? in
                #expect(try bench.record().state == .waiting)
                #expect(bench.lines() == ["committed begin", "stepped ask"])
                #expect(writes() == 2)
                return true
            }
            _ = try await flow.end("over", irreversible: "a test") { _ in }
        }) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        #expect(writes() == 3)
        #expect(bench.lines() == ["committed begin", "stepped ask", "stepped wait for it", "committed over"])
    }

    @Test("superseded between what came and the commit that would record it, nothing of that commit is done")
    func supersededBeforeTheCommit() async throws {
        let bench = Bench()
        let store = bench.store
        await Scripted.$script.withValue({ flow, _ in
            try await flow.commit("begin", irreversible: "a test") { _ in }
            _ = try await flow.waiting(for: "it", every: .seconds(1), limit: .seconds(5)) { true }
            try await store.write { try $0.supersede(RunID("op-1"), by: RunID("op-2")) }
            _ = try await flow.end("over", irreversible: "a test") { $0.rows["over"] = 1 }
        }) {
            await #expect(throws: RunTakenOver(run: bench.run)) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(bench.rows.isEmpty)
        #expect(try bench.record().state == .superseded)
    }

    @Test("steps side by side begin once the line of the step before them is written, and that once")
    func parallelBehindAStep() async throws {
        let bench = Bench()
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("begin", irreversible: "a test") { _ in }
            try await flow.step("first", irreversible: "a test") { _ in try world.make("first") }
            try await flow.steps("part", over: ["a", "b"], key: { $0 }) { (item: String, _: StepKey) async throws in
                #expect(bench.lines().prefix(2) == ["committed begin", "stepped first"])
                try world.make(item)
            } undo: { item, _ in
                try world.remove(item)
            }
        }) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        #expect(bench.lines().sorted() == ["committed begin", "stepped first", "stepped part[a]", "stepped part[b]"])
    }

    @Test("a manager that is told to end still writes what it has done")
    func toldToEnd() async throws {
        let bench = Bench()
        await Scripted.$script.withValue({ flow, world in
            try await flow.commit("begin", irreversible: "a test") { _ in }
            try await flow.step("long", irreversible: "a test") { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                try world.make("long")
            }
            try await flow.commit("never", irreversible: "a test") { $0.rows["never"] = 1 }
        }) {
            // In a task of its own: the test is not what is told to end.
            await #expect(throws: CancellationError.self) {
                async let run = bench.runner().perform(Scripted(), as: bench.run)
                _ = try await run
            }
        }
        #expect(bench.lines() == ["committed begin", "stepped long"])
        #expect(bench.rows.isEmpty)
    }

    @Test("nothing comes after an end, and nothing between a commit and the wait that it announces", arguments: [true, false])
    func outOfPlace(_ ends: Bool) async throws {
        let bench = Bench()
        await Scripted.$script.withValue({ flow, world in
            if ends {
                _ = try await flow.end("over", irreversible: "a test") { _ in }
            } else {
                _ = try await flow.commit("begin", thenWaitingFor: "it") { _ in
                    1
                } undo: { _, _ in
                }
            }
            try await flow.step("late") { _ in
                try world.make("late")
            } undo: { _ in
            }
        }) {
            await #expect(throws: StepOutOfPlace.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(bench.world.calls.isEmpty)
        #expect(try bench.record().state == (ends ? .done : .waiting))
    }
}

private final class CountOfWrites: Sendable { let number = Mutex(0) }
