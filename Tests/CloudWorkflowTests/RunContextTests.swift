// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Synchronization
import Testing

@Suite("A store that fails decides nothing")
struct RunContextTests {
    /// A failure that is a refusal by its type, as a store in the same house may throw.
    private struct Down: Refusal { var failure: RunFailure { RunFailure(code: "store-down") } }

    @Test("a store that fails at any write cuts the run off; nothing is undone, and the next life goes on")
    func everyWrite() async throws {
        for doomed in 0..<6 {
            let writes = Mutex(0)
            let bench = Bench(
                store: ToyStore(
                    [:],
                    onWrite: {
                        let number = writes.withLock { writes in
                            defer { writes += 1 }
                            return writes
                        }
                        if number == doomed { throw Down() }
                    }))
            do {
                _ = try await bench.runner().perform(Build(), as: bench.run)
                #expect(doomed == 5, "a run makes five writes")
            } catch is Down {}
            #expect(bench.world.calls.filter { $0.hasPrefix("remove") }.isEmpty, "write \(doomed)")
            #expect(bench.store.content.runs.isEmpty == (doomed == 0))
            #expect(bench.store.content.runs.allSatisfy { $0.state == (doomed == 5 ? .done : .running) })
            if doomed == 0 { _ = try await bench.runner().perform(Build(), as: bench.run) }
            try await bench.runner().recover()
            #expect(try bench.record().state == .done)
            #expect(bench.rows == ["used": 1, "running": 1])
            #expect(bench.world.things == ["disk", "port", "power"])
        }
    }

    @Test("a store that fails inside an operation's own transaction, or under a step, is no refusal either")
    func insideTheBody() async throws {
        for place in ["first", "commit", "step", "undo"] {
            let fails = Mutex(true)
            let bench = Bench(store: ToyStore([:], isFailure: { $0 is Down }))
            let failOnce: @Sendable (String) throws -> Void = { here in
                guard here == place,
                    fails.withLock({ fails in
                        defer { fails = false }; return fails
                    })
                else { return }
                throw Down()
            }
            try await Scripted.$script.withValue({ flow, world in
                try await flow.commit("claim") { tx in
                    try failOnce("first")
                    tx.rows["x"] = 1
                } undo: { tx in
                    try failOnce("undo")
                    tx.rows["x"] = nil
                }
                try await flow.step("disk") { _ in
                    try failOnce("step")
                    try world.make("disk")
                } undo: { _ in
                    try world.remove("disk")
                }
                if place == "undo" { throw No() }
                try await flow.commit("more", irreversible: "nothing comes after it") { _ in try failOnce("commit") }
            }) {
                await #expect(throws: Down.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
                if place == "undo" {
                    try await bench.runner().recover()
                    #expect(try bench.record().state == .undone)
                    #expect(bench.rows.isEmpty)
                    return
                }
                if place == "first" { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
                try await bench.runner().recover()
                #expect(try bench.record().state == .done, "\(place)")
                // The line of a step goes with the commit behind it: where that fails, the step is asked for again under its key.
                #expect(bench.world.calls == Array(repeating: "make disk", count: place == "commit" ? 2 : 1))
            }
        }
    }

    @Test("a serving runner outlives its store's absence without spinning")
    func servingWithoutAStore() async throws {
        let gone = Mutex(true)
        let reports = Keys()
        let store = Flickering(isGone: { gone.withLock { $0 } })
        let clock = TestClock { before in if before == 20 { gone.withLock { $0 = false } } }
        let runner = Runner(
            .init(store: store, world: ToyWorld(), clock: clock, report: { run, _ in reports.add(run?.text ?? "none") }), kinds: Bench.kinds
        )
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await runner.serve() }
            while clock.sleeps.count < 40 { await Task.yield() }
            tasks.cancelAll()
        }
        #expect(reports.all.count <= 21, "one report a pass while it was away, none later")
        #expect(reports.all.count >= 20)
    }

    @Test("a run whose row cannot be read is told once, and holds up no other")
    func unreadable() async throws {
        let (bench, reports) = (Bench(), Keys())
        for id in [bench.run, RunID("op-2")] {
            await #expect(throws: Died.self) {
                _ = try await bench.runner(Heckler(at: Boundary(.beforeEffect, "port"), Died())).perform(Build(), as: id)
            }
        }
        let store = Spoilt(store: bench.store, run: bench.run)
        let clock = TestClock { before in if before == 20 { store.isMended.withLock { $0 = true } } }
        let runner = Runner(
            .init(
                store: store, world: bench.world, clock: clock,
                report: { run, error in reports.add("\(run?.text ?? "none") \(error is RunUnreadable)") }), kinds: Bench.kinds)
        try await runner.recover()
        #expect(try bench.record(RunID("op-2")).state == .done && bench.record().state == .running)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await runner.serve() }
            while bench.store.content.runs[0].state != .done || clock.sleeps.count < 40 { await Task.yield() }
            tasks.cancelAll()
        }
        #expect(reports.all == ["op-1 true"], "once, however often it was looked for")
    }
}

/// A store in which the row of one run cannot be read until it is mended.
private final class Spoilt: JournalingStore {
    struct Unreadable: Error {}
    let store: ToyStore
    let run: RunID
    let isMended = Mutex(false)

    init(store: ToyStore, run: RunID) { (self.store, self.run) = (store, run) }

    func write<Result: Sendable>(_ body: @Sendable (ToyTransaction) throws -> Result) async throws -> Result { try await store.write(body) }
    func journal(in transaction: ToyTransaction) -> any JournalTransaction { store.journal(in: transaction) }
    func unfinishedRuns() async throws -> [RunRecord] {
        let open = try await openRuns()
        guard open.unread.isEmpty else { throw Unreadable() }
        return open.runs
    }
    func openRuns(besides known: Set<RunID>) async throws -> OpenRuns {
        let runs = try await store.unfinishedRuns().filter { !known.contains($0.id) }
        guard !isMended.withLock({ $0 }), runs.contains(where: { $0.id == run }) else { return OpenRuns(runs: runs) }
        return OpenRuns(runs: runs.filter { $0.id != run }, unread: [run: Unreadable()])
    }
    func run(_ id: RunID) async throws -> RunRecord? { try await store.run(id) }
    func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])? { try await store.journal(of: id) }
}

/// A store that cannot be read for a while.
private struct Flickering: JournalingStore {
    struct Gone: Error {}
    let store = ToyStore([:])
    let isGone: @Sendable () -> Bool

    func write<Result: Sendable>(_ body: @Sendable (ToyTransaction) throws -> Result) async throws -> Result { try await store.write(body) }
    func journal(in transaction: ToyTransaction) -> any JournalTransaction { store.journal(in: transaction) }
    func unfinishedRuns() async throws -> [RunRecord] {
        if isGone() { throw Gone() }
        return try await store.unfinishedRuns()
    }
    func run(_ id: RunID) async throws -> RunRecord? { try await store.run(id) }
    func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])? { try await store.journal(of: id) }
}
