// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Synchronization
import Testing

/// Texts in the order in which they came.
final class Keys: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}

@Suite("Steps, waiting, progress")
struct FlowTests {
    @Test("a run leaves one line for each step, in order, and its output")
    func plain() async throws {
        let bench = Bench()
        #expect(try await bench.runner().perform(Build(size: 3), as: bench.run) == 3)
        #expect(bench.lines() == ["committed claim", "stepped disk", "stepped port", "stepped power", "committed running"])
        #expect(try bench.record().state == .done)
        #expect(try bench.record().output == "3")
        #expect(try bench.record().percent == 100)
    }

    @Test("progress is written with the next line, in per cent")
    func progress() async throws {
        let bench = Bench()
        var seen: [Int] = []
        for boundary in [Boundary(.afterCommit, "claim"), Boundary(.afterStep, "disk"), Boundary(.afterStep, "port")] {
            let bench = Bench()
            await #expect(throws: Died.self) {
                _ = try await bench.runner(Heckler(at: boundary, Died())).perform(Build(), as: bench.run)
            }
            seen.append(try bench.record().percent)
        }
        #expect(seen == [0, 0, 50], "a line is written with what comes next, and says how far the run is then")
        await Scripted.$script.withValue({ flow, _ in
            flow.progress(-7)
            try await flow.commit("a", irreversible: "a test") { _ in }
            flow.progress(700)
            try await flow.commit("b", irreversible: "a test") { _ in }
            throw Died()
        }) {
            await #expect(throws: Died.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(try bench.record().percent == 100)
    }

    @Test("an effect before the first commit is not done, for nothing would know of it")
    func stepFirst() async throws {
        let bench = Bench()
        await Scripted.$script.withValue({ flow, world in
            try await flow.step("disk") { _ in
                try world.make("disk")
            } undo: { _ in
            }
        }) {
            await #expect(throws: (any Error).self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(bench.world.calls.isEmpty && bench.store.content.runs.isEmpty)
    }

    @Test("one name for two steps is a mismatch before the second does anything")
    func nameTwice() async throws {
        let bench = Bench()
        await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { _ in }
            try await flow.steps("part", over: ["a", "a"], key: { $0 }) { thing, _ in
                try world.make(thing)
            } undo: { _, _ in
            }
        }) {
            await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(try bench.record().stuck?.failure.code == "replay-mismatch")
        #expect(bench.world.calls.isEmpty)
    }

    // MARK: Parallel

    @Test("of parallel steps one is refused: all end, then all are taken back, in the items' order from the last")
    func parallelRefused() async throws {
        for refused in ["a", "b", "c"] {
            let bench = Bench()
            bench.world.refuse("make \(refused)", with: No())
            await #expect(throws: RunRefused.self) { _ = try await bench.runner().perform(BuildMany(), as: bench.run) }
            #expect(Set(bench.world.calls.filter { $0.hasPrefix("make") }) == ["make a", "make b", "make c"])
            #expect(bench.world.calls.filter { $0.hasPrefix("remove") } == ["remove c", "remove b", "remove a"])
            #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
        }
    }

    @Test("a journal in which siblings stand in another order is replayed", arguments: [["a", "b", "c"], ["c", "a", "b"], ["b"], []])
    func parallelReplayed(order: [String]) async throws {
        let bench = Bench()
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeCommit, "built"), Died())).perform(BuildMany(), as: bench.run)
        }
        bench.store.tamper(bench.run) { _, entries in
            entries = [entries[0]] + order.map { JournalEntry(.stepped, "part[\($0)]", output: "{}") }
        }
        try await bench.runner().recover()
        #expect(try bench.record().state == .done)
        #expect(bench.world.things == ["a", "b", "c"])
    }

    @Test("nothing over nothing is nothing")
    func noItems() async throws {
        let bench = Bench()
        _ = try await bench.runner().perform(BuildMany(items: []), as: bench.run)
        #expect(try bench.record().state == .done)
    }

    // MARK: Waiting

    @Test("it waits as a run that others may supersede, until what it waits for comes")
    func waiting() async throws {
        let world = Mutex<ToyWorld?>(nil)
        let store = ToyStore([:])
        let seen = Keys()
        let bench = Bench(
            store: store,
            clock: TestClock { before in
                seen.add(store.content.runs[0].state.rawValue + " " + (store.content.runs[0].waitingFor ?? ""))
                if before == 2 { try world.withLock { $0 }?.make("guest") }
            })
        world.withLock { $0 = bench.world }
        #expect(try await bench.runner().perform(Await(), as: bench.run))
        #expect(seen.all == ["waiting guest", "waiting guest", "waiting guest"])
        #expect(try bench.record().waitingFor == nil)
        #expect(try bench.record().state == .done)
    }

    @Test("it waits no longer than its limit, and then says so")
    func limit() async throws {
        let bench = Bench()
        #expect(try await bench.runner().perform(Await(), as: bench.run) == false)
        #expect(bench.clock.sleeps == Array(repeating: .seconds(1), count: 5))
    }

    @Test("a look whose answer is lost has shown nothing yet")
    func lostLook() async throws {
        let bench = Bench()
        bench.world.refuse("see guest", with: Lost(), Lost())
        try bench.world.make("guest")
        #expect(try await bench.runner().perform(Await(), as: bench.run))
    }

    @Test("a look reads the run's row, not its journal")
    func looks() async throws {
        let store = CountingStore()
        _ = try await store.runner().perform(Await(), as: RunID("op-1"))
        #expect(store.asked.all == ["run"], "once in five seconds")
    }

    @Test("the limit counts the waiting of one manager: the next one waits as long again")
    func limitAfterCrash() async throws {
        let bench = Bench(clock: TestClock { before in if before == 3 { throw Died() } })
        await #expect(throws: Died.self) { _ = try await bench.runner().perform(Await(), as: bench.run) }
        try await bench.runner().recover()
        #expect(try bench.record().output == "false")
        #expect(bench.clock.sleeps.count == 4 + 5)
    }

    @Test("superseded while it waits, it stops and takes nothing back")
    func superseded() async throws {
        let store = ToyStore([:])
        let bench = Bench(
            store: store,
            clock: TestClock { _ in
                try await store.write { tx in try tx.supersede(RunID("op-1"), by: RunID("op-2")) }
            })
        await #expect(throws: RunTakenOver(run: bench.run)) { _ = try await bench.runner().perform(Await(), as: bench.run) }
        #expect(try bench.record().state == .superseded)
        #expect(bench.world.things == ["disk"])
        #expect(bench.rows == ["waits": 1])
        try await bench.runner().recover()
        #expect(bench.world.calls.filter { $0.hasPrefix("remove") }.isEmpty)
    }

    @Test("superseded at the very moment at which what it waits for came")
    func supersededAtTheEnd() async throws {
        let bench = Bench()
        let store = bench.store
        await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { _ in }
            _ = try await flow.waiting(for: "guest", every: .seconds(1), limit: .seconds(5)) {
                try await store.write { tx in try tx.supersede(RunID("op-1"), by: RunID("op-2")) }
                return true
            }
            try await flow.step("after") { _ in
                try world.make("after")
            } undo: { _ in
            }
        }) {
            await #expect(throws: RunTakenOver.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(bench.world.calls.isEmpty)
        #expect(try bench.record().state == .superseded)
    }

    @Test("at work it cannot be superseded; stuck it can, and then stays so")
    func supersede() async throws {
        let bench = Bench()
        let store = bench.store
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.afterStep, "disk"), Died())).perform(Build(), as: bench.run)
        }
        await #expect(throws: RunBusy(run: bench.run)) { try await store.write { try $0.supersede(RunID("op-1"), by: RunID("op-2")) } }
        bench.world.refuse("make port", with: No())
        bench.world.refuse("remove disk", with: No())
        try await bench.runner().recover()
        #expect(try bench.record().state == .stuck)
        try await store.write { try $0.supersede(RunID("op-1"), by: RunID("op-2")) }
        try await bench.runner().recover()
        #expect(try bench.record().state == .superseded)
        #expect(bench.world.things == ["disk"])
        try await store.write { try $0.supersede(RunID("op-1"), by: RunID("op-3")) }
    }

    // MARK: Cancel

    @Test("cancelled, it stops at the next border and takes everything back")
    func cancel() async throws {
        let bench = Bench()
        let runner = bench.runner()
        await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim") {
                $0.rows["x"] = 1
            } undo: { tx in
                tx.rows["x"] = nil
            }
            try await flow.step("disk") { _ in
                try world.make("disk")
                try await runner.cancel(flow.run)
            } undo: { _ in
                try world.remove("disk")
            }
            try await flow.step("port") { _ in
                try world.make("port")
            } undo: { _ in
                try world.remove("port")
            }
        }) {
            await #expect(throws: RunRefused.self) { _ = try await runner.perform(Scripted(), as: bench.run) }
        }
        #expect(!bench.world.calls.contains("make port"))
        #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
        #expect(try bench.record().failure?.code == "cancelled")
        try await runner.cancel(bench.run)
    }

    /// A bench at whose first sleep the run is asked to stop, and the runner that is asked.
    private func cancelling(_ probe: any BoundaryProbe = NoProbe()) -> (Bench, Runner<ToyTransaction, ToyWorld>) {
        let asked = Mutex<Runner<ToyTransaction, ToyWorld>?>(nil)
        let bench = Bench(clock: TestClock { _ in try await asked.withLock { $0 }?.cancel(RunID("op-1")) })
        let runner = bench.runner(probe)
        asked.withLock { $0 = runner }
        return (bench, runner)
    }

    @Test("cancelled while it waits, it hears of it at the next look")
    func cancelWaiting() async throws {
        let (bench, runner) = cancelling()
        await #expect(throws: RunRefused.self) { _ = try await runner.perform(Await(), as: bench.run) }
        #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
        #expect(bench.clock.sleeps.count == 1)
        #expect(try bench.record().failure?.code == "cancelled")
    }

    @Test("cancelled in the store alone while it waits, it hears of it within five seconds")
    func cancelWaitingInTheStore() async throws {
        let store = ToyStore([:])
        let bench = Bench(
            store: store, clock: TestClock { _ in try await store.write { try $0.update(RunID("op-1")) { $0.cancelRequested = true } } })
        await #expect(throws: RunRefused.self) { _ = try await bench.runner().perform(Await(), as: bench.run) }
        #expect(bench.clock.sleeps.count == 5)
        #expect(try bench.record().failure?.code == "cancelled")
    }

    @Test("a wait that was cancelled is not taken for one whose time is up, also where the manager dies as it is cancelled")
    func cancelledIsNotTimedOut() async throws {
        for boundary in [nil, Boundary(.beforeUnwinding, "")] {
            let (bench, runner) = cancelling(boundary.map { Heckler(at: $0, Died()) } ?? NoProbe())
            try await Scripted.$script.withValue({ flow, _ in
                try await flow.commit("claim") {
                    $0.rows["x"] = 1
                } undo: { tx in
                    tx.rows["x"] = nil
                }
                let came: Bool? = try await flow.waiting(for: "guest", every: .seconds(1), limit: .seconds(5)) { nil }
                guard came == true else { throw No(code: "timed-out") }
            }) {
                if boundary == nil {
                    await #expect(throws: RunRefused.self) { _ = try await runner.perform(Scripted(), as: bench.run) }
                } else {
                    await #expect(throws: Died.self) { _ = try await runner.perform(Scripted(), as: bench.run) }
                    try await bench.runner().recover()
                }
            }
            #expect(try bench.record().failure?.code == "cancelled")
            #expect(try bench.record().state == .undone)
            #expect(bench.rows.isEmpty && bench.lines() == ["committed claim", "unwinding", "undone claim"])
        }
    }

    @Test("cancelled while it waits behind what cannot be taken back, it goes on at once without what it waited for")
    func cancelWaitingPastReturn() async throws {
        let (bench, runner) = cancelling()
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { _ in }
            let came: Bool? = try await flow.waiting(for: "guest", every: .seconds(1), limit: .seconds(5)) { nil }
            try await flow.step("after", irreversible: "a test") { _ in try world.make(came == nil ? "without" : "with") }
        }) {
            _ = try await runner.perform(Scripted(), as: bench.run)
        }
        #expect(bench.clock.sleeps.count == 1 && bench.world.things == ["without"])
    }
}
