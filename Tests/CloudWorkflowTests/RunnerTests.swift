// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Synchronization
import Testing

/// Opens once; whoever waits goes on.
final class Gate: Sendable {
    private let stream = AsyncStream<Void>.makeStream()
    func open() { stream.continuation.finish() }
    func wait() async { for await _ in stream.stream {} }
}

@Suite("Runs are begun, taken up again, and never hold each other up", .timeLimit(.minutes(10)))
struct RunnerTests {
    /// Serves while the body runs, and then lets everything end.
    private func serving(
        _ runner: Runner<ToyTransaction, ToyWorld>, by clock: TestClock, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await runner.serve() }
            defer { tasks.cancelAll() }
            await until { !clock.sleeps.isEmpty }
            try await body()
        }
    }

    /// Lets other tasks run until something holds.
    private func until(_ holds: @Sendable () -> Bool) async {
        while !holds(), !Task.isCancelled { await Task.yield() }
    }

    // MARK: Serving

    @Test("submit returns when the first commit is durable, long before the end")
    func submit() async throws {
        let (bench, gate) = (Bench(), Gate())
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { $0.rows["claimed"] = 1 }
            try await flow.step("slow") { _ in
                await gate.wait()
            } undo: { _ in
            }
        }) {
            let runner = bench.runner()
            try await serving(runner, by: bench.clock) {
                try await runner.submit(Scripted(), as: bench.run) { $0.rows["answer"] = 42 }
                #expect(bench.rows == ["claimed": 1, "answer": 42])
                #expect(try bench.record().state == .running)
                gate.open()
                await until { bench.store.content.runs[0].state == .done }
            }
        }
        #expect(try bench.record().state == .done)
    }

    @Test("submit throws the refusal of the first commit")
    func submitRefused() async throws {
        let bench = Bench()
        let runner = bench.runner()
        try await serving(runner, by: bench.clock) {
            await #expect(throws: No(code: "limit")) { try await runner.submit(Build(size: 99), as: bench.run) }
        }
        #expect(bench.store.content.runs.isEmpty)
    }

    @Test("what is alongside the first commit shares its fate")
    func alongside() async throws {
        let bench = Bench()
        let runner = bench.runner()
        try await serving(runner, by: bench.clock) {
            await #expect(throws: No(code: "key")) {
                try await runner.submit(Build(), as: bench.run) { _ in throw No(code: "key") }
            }
        }
        #expect(bench.store.content.runs.isEmpty && bench.rows.isEmpty)
    }

    @Test("an id is begun once")
    func sameID() async throws {
        let bench = Bench()
        _ = try await bench.runner().perform(Build(), as: bench.run)
        await #expect(throws: RunExists(run: bench.run)) { _ = try await bench.runner().perform(Build(), as: bench.run) }
        #expect(bench.rows["used"] == 1)
    }

    @Test("an id that is at work is not begun again, and the one that is at work keeps its mark", arguments: [true, false])
    func sameIDAtWork(submitted: Bool) async throws {
        let (bench, gate, calls) = (Bench(), Gate(), Keys())
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { $0.rows["claimed", default: 0] += 1 }
            try await flow.step("slow", irreversible: "a test") { _ in
                calls.add("slow")
                await gate.wait()
            }
        }) {
            let runner = bench.runner()
            try await serving(runner, by: bench.clock) {
                try await runner.submit(Scripted(), as: bench.run)
                await until { !calls.all.isEmpty }
                await #expect(throws: RunExists(run: bench.run)) {
                    if submitted {
                        try await runner.submit(Scripted(), as: bench.run)
                    } else {
                        _ = try await runner.perform(Scripted(), as: bench.run)
                    }
                }
                let passes = bench.clock.sleeps.count
                await until { bench.clock.sleeps.count > passes + 5 }
                #expect(calls.all == ["slow"], "no pass takes up what is at work")
                gate.open()
                await until { bench.store.content.runs[0].state == .done }
            }
        }
        #expect(calls.all == ["slow"] && bench.rows == ["claimed": 1])
    }

    @Test("what cuts a submitted run off behind its first commit is reported, and the run is tried again with back-off")
    func submittedAndCutOff() async throws {
        let (bench, reports) = (Bench(), Keys())
        let boundary = Boundary(.beforeEffect, "port")
        let runner = bench.runner(Heckler(at: boundary, Died(), times: 3)) { run, error in reports.add("\(run) \(error)") }
        try await serving(runner, by: bench.clock) {
            try await runner.submit(Build(), as: bench.run)
            await until { bench.store.content.runs[0].state == .done }
        }
        #expect(reports.all == Array(repeating: "op-1 Died()", count: 3))
        #expect(bench.clock.sleeps.count >= 7, "1 + 2 + 4 passes lie between the tries, the first one included")
    }

    @Test("what ends a submission before its first commit is the submitter's alone")
    func submittedAndNotBegun() async throws {
        let (bench, reports) = (Bench(), Keys())
        let runner = bench.runner(Heckler(at: Boundary(.beforeCommit, "claim"), Died())) { run, _ in reports.add(run.text) }
        try await serving(runner, by: bench.clock) {
            await #expect(throws: Died.self) { try await runner.submit(Build(), as: bench.run) }
        }
        #expect(reports.all.isEmpty && bench.store.content.runs.isEmpty)
    }

    @Test("a submitted run that is refused or stuck is no news for the log")
    func submittedAndRefused() async throws {
        let (bench, reports) = (Bench(), Keys())
        bench.world.refuse("make port", with: No(), No())
        bench.world.refuse("remove disk", with: No())
        let runner = bench.runner { run, _ in reports.add(run.text) }
        try await serving(runner, by: bench.clock) {
            for id in [bench.run, RunID("op-2")] { try await runner.submit(Build(), as: id) }
            await until { bench.store.content.runs.allSatisfy { $0.state == .undone } }
        }
        #expect(reports.all.isEmpty)
    }

    @Test("serving takes up what an earlier life left")
    func takesUp() async throws {
        let bench = Bench()
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeEffect, "port"), Died())).perform(Build(), as: bench.run)
        }
        let runner = bench.runner()
        try await serving(runner, by: bench.clock) { await until { bench.store.content.runs[0].state == .done } }
        #expect(try bench.record().state == .done)
    }

    @Test("what a run records begins with its commit, neither at the next pass nor after a look at all that is open")
    func recordedRunsBeginAtOnce() async throws {
        let (store, gate) = (CountingStore(), Gate())
        let clock = TestClock { _ in await gate.wait() }
        let runner = store.runner(clock)
        try await serving(runner, by: clock) {
            try await runner.submit(Parent(sizes: [0, 1]), as: RunID("op-1"))
            await until { store.store.content.runs.count == 3 && store.store.content.runs.allSatisfy { $0.state == .done } }
            #expect(store.asked.all.filter { $0 == "unfinished" }.count == 1, "the pass with which it began to serve")
            gate.open()
        }
    }

    @Test("passes read nothing of what is at work")
    func atWorkIsKnown() async throws {
        let (store, clock, gate) = (CountingStore(), TestClock(), Gate())
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { $0.rows["claimed"] = 1 }
            try await flow.step("slow", irreversible: "a test") { _ in await gate.wait() }
        }) {
            let runner = store.runner(clock)
            try await serving(runner, by: clock) {
                try await runner.submit(Scripted(), as: RunID("op-1"))
                let passes = clock.sleeps.count
                await until { clock.sleeps.count > passes + 2 }
                #expect(store.asked.all.last { $0.hasPrefix("open") } == "open besides op-1")
                gate.open()
                await until { store.store.content.runs[0].state == .done }
            }
        }
    }

    @Test("nor of what is put aside, until it is due")
    func asideIsKnown() async throws {
        let (store, clock) = (CountingStore(), TestClock())
        let runner = store.runner(clock, probe: Heckler(at: Boundary(.beforeEffect, "port"), Died(), times: 3))
        try await serving(runner, by: clock) {
            try await runner.submit(Build(), as: RunID("op-1"))
            await until { store.store.content.runs[0].state == .done }
        }
        #expect(store.asked.all.filter { $0 == "open besides op-1" }.count >= 4, "1 + 2 + 4 passes, of which the last of each finds it due")
    }

    @Test("recovery looks for unfinished runs once for all that it finds, and once more for what these recorded")
    func recoversInBatches() async throws {
        let store = CountingStore()
        let boundary = Boundary(.afterCommit, "record")
        for number in 1...20 {
            await #expect(throws: Died.self) {
                _ = try await store.runner(probe: Heckler(at: boundary, Died())).perform(
                    Parent(sizes: [0]), as: RunID("op-\(number)"))
            }
        }
        try await store.runner().recover()
        #expect(store.store.content.runs.count == 40 && store.store.content.runs.allSatisfy { $0.state == .done })
        #expect(store.asked.all.filter { $0 == "unfinished" }.count == 2)
    }

    @Test("a stuck run is tried again after 1, 2, 4 … passes while serving")
    func backOff() async throws {
        let passes = Mutex<[Int]>([])
        let world = Mutex<ToyWorld?>(nil)
        let bench = Bench(
            clock: TestClock { _ in
                let tries = world.withLock { $0 }?.calls.filter { $0 == "remove disk" }.count ?? 0
                passes.withLock { $0.append(tries) }
                await Task.yield()
            })
        world.withLock { $0 = bench.world }
        bench.world.refuse("make port", with: No())
        bench.world.refuse("remove disk", with: No(), No(), No(), No())
        let runner = bench.runner()
        try await serving(runner, by: bench.clock) {
            try await runner.submit(Build(), as: bench.run)
            await until { bench.store.content.runs[0].state == .undone }
        }
        #expect(bench.world.things.isEmpty)
        #expect(bench.world.calls.filter { $0 == "remove disk" }.count == 5)
        #expect(passes.withLock { $0.count } >= 7, "1 + 2 + 4 passes at least lie between the tries")
    }

    // MARK: The end

    @Test("submitting to a runner that has ended is refused at once, and does not hang")
    func submitAfterTheEnd() async throws {
        let bench = Bench()
        let runner = bench.runner()
        try await serving(runner, by: bench.clock) {}
        await #expect(throws: RunnerEnded()) { try await runner.submit(Build(), as: bench.run) }
        #expect(bench.store.content.runs.isEmpty)
    }

    @Test("submitting while the runner ends: each is answered, and answered truly")
    func submitAtTheEnd() async throws {
        for round in 0..<50 {
            let bench = Bench()
            let runner = bench.runner()
            let answered = Keys()
            await withDiscardingTaskGroup { tasks in
                tasks.addTask {
                    await withDiscardingTaskGroup { serving in
                        serving.addTask { await runner.serve() }
                        for _ in 0..<round { await Task.yield() }
                        serving.cancelAll()
                    }
                }
                for index in 0..<8 {
                    tasks.addTask {
                        let id = RunID("op-\(index)")
                        do {
                            try await runner.submit(Build(limit: 100), as: id)
                            answered.add(id.text)
                        } catch { #expect(error is RunnerEnded) }
                    }
                }
            }
            #expect(Set(answered.all).isSubset(of: bench.store.content.runs.map(\.id.text)))
        }
    }

    @Test("when serving ends a run stops at its next border, and the next life takes it up")
    func endOfTheTask() async throws {
        let (bench, gate, begun) = (Bench(), Gate(), Gate())
        let script: Scripted.Script = { flow, world in
            try await flow.commit("claim", irreversible: "a test") { _ in }
            try await flow.step("disk") { _ in
                begun.open()
                await gate.wait()
                try world.make("disk")
            } undo: { _ in
            }
            try await flow.step("port") { _ in
                try world.make("port")
            } undo: { _ in
            }
        }
        try await Scripted.$script.withValue(script) {
            let runner = bench.runner()
            try await serving(runner, by: bench.clock) {
                try await runner.submit(Scripted(), as: bench.run)
                await begun.wait()
            }
            gate.open()
            #expect(try bench.record().state == .running)
            #expect(!bench.world.things.contains("port"))
            try await bench.runner().recover()
            #expect(try bench.record().state == .done)
            #expect(bench.world.things == ["disk", "port"])
        }
    }

    @Test("nothing of a runner outlives it")
    func leaksNothing() async throws {
        weak var served: Runner<ToyTransaction, ToyWorld>?
        weak var driven: Runner<ToyTransaction, ToyWorld>?
        do {
            let bench = Bench()
            let runner = bench.runner()
            served = runner
            try await serving(runner, by: bench.clock) { try await runner.submit(Parent(), as: bench.run) }
        }
        do {
            let bench = Bench()
            let runner = bench.runner()
            driven = runner
            _ = try await runner.perform(Parent(), as: bench.run)
            try await runner.recover()
        }
        #expect(served == nil && driven == nil)
    }

    // MARK: Children

    @Test("what a commit recorded begins after it, once, as a child of the run")
    func children() async throws {
        let bench = Bench()
        let runner = bench.runner()
        try await serving(runner, by: bench.clock) {
            try await runner.submit(Parent(), as: bench.run)
            await until { bench.store.content.runs.allSatisfy(\.state.isTerminal) }
        }
        #expect(bench.rows == ["parent": 1, "taken": 3])
        #expect(bench.store.content.runs.map(\.id) == [bench.run, RunID("op-1.0"), RunID("op-1.1")])
        #expect(bench.store.content.runs.map(\.parent) == [nil, bench.run, bench.run])
        #expect(bench.lines(RunID("op-1.0")) == ["committed take"])
    }

    @Test("a parent that dies right after its commit has recorded its children, once")
    func childrenOfTheDead() async throws {
        let bench = Bench()
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.afterCommit, "record"), Died())).perform(Parent(), as: bench.run)
        }
        try await bench.runner().recover()
        #expect(bench.store.content.runs.map(\.state) == [.done, .done, .done])
        #expect(bench.rows == ["parent": 1, "taken": 3])
    }

    @Test("a refused commit records no children")
    func noChildren() async throws {
        let bench = Bench()
        await #expect(throws: No.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeCommit, "record"), No())).perform(Parent(), as: bench.run)
        }
        #expect(bench.store.content.runs.isEmpty)
    }

    @Test("a queued child whose first commit is refused ends undone, with the refusal")
    func refusedChild() async throws {
        let bench = Bench()
        _ = try await bench.runner().perform(Parent(sizes: [9, 1]), as: bench.run)
        try await bench.runner().recover()
        #expect(try bench.record(RunID("op-1.0")).state == .undone)
        #expect(try bench.record(RunID("op-1.0")).failure?.code == "too much")
        #expect(try bench.record(RunID("op-1.1")).state == .done)
        #expect(bench.rows == ["parent": 1, "taken": 1])
    }

    @Test("a queued child that is cancelled is never begun")
    func cancelledChild() async throws {
        let bench = Bench()
        _ = try await bench.runner().perform(Parent(sizes: [1]), as: bench.run)
        try await bench.runner().cancel(RunID("op-1.0"))
        try await bench.runner().recover()
        #expect(try bench.record(RunID("op-1.0")).failure?.code == "cancelled")
        #expect(bench.rows == ["parent": 1])
    }
}
