// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Testing

/// What is compared: the world and the rows; and of the run how it ended.
private struct Outcome: Equatable, CustomStringConvertible {
    var things: Set<String>
    var rows: ToyRows
    var state: RunState?
    var output: String?
    var description: String { "\(things.sorted()) \(rows.sorted { $0.key < $1.key }) \(state?.rawValue ?? "none") \(output ?? "-")" }

    init(_ bench: Bench) {
        things = bench.world.things
        rows = bench.rows
        state = bench.store.content.runs.first?.state
        output = bench.store.content.runs.first?.output
    }
}

@Suite("A manager that dies anywhere is as one that did not")
struct CrashTests {
    /// Drives an operation with a manager that dies after each of these many boundaries in turn; the last one lives.
    private func live(_ bench: Bench, _ operation: some ToyOperation, dying counts: [Int]) async throws -> [Boundary] {
        var boundaries: [Boundary] = []
        for count in counts.map(Optional.some) + [nil] {
            let reaper = Reaper(after: count)
            do {
                if bench.store.content.runs.isEmpty {
                    _ = try await bench.runner(reaper).perform(operation, as: bench.run)
                } else {
                    try await bench.runner(reaper).recover()
                }
            } catch is Died {} catch is RunRefused {}
            boundaries += reaper.boundaries
        }
        // Children that the last life recorded are taken up by the next pass.
        try await bench.runner().recover()
        return boundaries
    }

    private func checkEveryCrash(_ operation: some ToyOperation, arrange: (Bench) -> Void = { _ in }) async throws {
        let plain = Bench()
        arrange(plain)
        let boundaries = try await live(plain, operation, dying: [])
        try #require(boundaries.count > 5)
        for first in 0..<boundaries.count {
            let bench = Bench()
            arrange(bench)
            _ = try await live(bench, operation, dying: [first])
            #expect(Outcome(bench) == Outcome(plain), "died at \(boundaries[first])")
            for second in 0..<(boundaries.count - first + 1) {
                let bench = Bench()
                arrange(bench)
                _ = try await live(bench, operation, dying: [first, second])
                #expect(Outcome(bench) == Outcome(plain), "died at \(boundaries[first]) and \(second) later")
            }
        }
    }

    @Test("forward, at every boundary, and again at every boundary of the recovery")
    func forward() async throws { try await checkEveryCrash(Build()) }

    @Test("with parallel steps")
    func parallel() async throws { try await checkEveryCrash(BuildMany()) }

    @Test("while waiting for what comes")
    func waiting() async throws { try await checkEveryCrash(Await()) { bench in try? bench.world.make("guest") } }

    @Test("while waiting for what never comes")
    func waitingInVain() async throws { try await checkEveryCrash(Await()) }

    @Test("with children")
    func children() async throws { try await checkEveryCrash(Parent()) }

    @Test("with a refusal that stands: every crash of the way back ends at the state before")
    func unwinding() async throws {
        for step in ["disk", "port", "power"] {
            try await checkEveryCrash(Build()) { bench in bench.world.refuse("make \(step)", with: No(), No(), No(), No()) }
        }
    }

    @Test("an undo that is repeated is harmless")
    func undoTwice() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: No())
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.afterUndo, "port"), Died())).perform(Build(), as: bench.run)
        }
        try await bench.runner().recover()
        #expect(bench.world.calls.filter { $0 == "remove port" }.count == 2)
        #expect(bench.world.effects("-port") == 1)
        #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
    }

    @Test("a transaction is undone once, whatever dies")
    func transactionUndoneOnce() async throws {
        for kind in [Boundary.Kind.beforeUndo, .afterUndo] {
            let bench = Bench(store: ToyStore(["used": 3]))
            bench.world.refuse("make disk", with: No())
            await #expect(throws: Died.self) {
                _ = try await bench.runner(Heckler(at: Boundary(kind, "claim"), Died())).perform(Build(), as: bench.run)
            }
            try await bench.runner().recover()
            #expect(bench.rows == ["used": 3])
        }
    }
}
