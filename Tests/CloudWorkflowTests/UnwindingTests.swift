// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Testing

@Suite("A refused run takes back what it did, or says where it cannot")
struct UnwindingTests {
    @Test("a refusal at any step undoes everything, last first, and the world is as before", arguments: ["disk", "port", "power"])
    func inReverse(step: String) async throws {
        let bench = Bench()
        bench.world.refuse("make \(step)", with: No(code: "full"))
        await #expect(throws: RunRefused(run: bench.run, failure: RunFailure(code: "full"))) {
            _ = try await bench.runner().perform(Build(), as: bench.run)
        }
        let steps = ["disk", "port", "power"]
        let begun = Array(steps.prefix { $0 != step }) + [step]
        #expect(bench.world.calls.filter { $0.hasPrefix("remove") } == begun.reversed().map { "remove \($0)" })
        #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
        #expect(try bench.record().state == .undone)
        #expect(try bench.record().failure?.code == "full")
        #expect(bench.lines().last == "undone claim")
    }

    @Test("a refusal of the last commit undoes everything too")
    func lastCommit() async throws {
        let bench = Bench()
        await #expect(throws: RunRefused.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeCommit, "running"), No())).perform(Build(), as: bench.run)
        }
        #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
    }

    @Test("a refused first commit leaves no run at all")
    func firstCommit() async throws {
        let bench = Bench()
        await #expect(throws: No(code: "limit")) { _ = try await bench.runner().perform(Build(size: 99), as: bench.run) }
        #expect(bench.store.content.runs.isEmpty && bench.rows.isEmpty && bench.world.calls.isEmpty)
    }

    @Test("a failing undo sticks where it is, is tried again, and the rest follows")
    func stuckUndo() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: No())
        bench.world.refuse("remove port", with: No(code: "away"), No(code: "still away"))
        await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Build(), as: bench.run) }
        #expect(try bench.record().state == .stuck)
        #expect(try bench.record().stuck == StuckPoint(step: "port", undoing: true, failure: RunFailure(code: "away"), attempts: 1))
        #expect(bench.world.things == ["disk", "port"], "what is below the stuck undo stays")

        try await bench.runner().recover()
        #expect(try bench.record().stuck?.attempts == 2)
        try await bench.runner().recover()
        #expect(try bench.record().state == .undone)
        #expect(try bench.record().stuck == nil)
        #expect(try bench.record().failure?.code == "no", "it says why it was refused, not why an undo was")
        #expect(bench.world.things.isEmpty && bench.rows.isEmpty)
        #expect(bench.world.effects("-power") + bench.world.effects("-port") + bench.world.effects("-disk") == 2)
    }

    @Test("an undo whose answer is lost is not called done")
    func lostUndo() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: No())
        bench.world.loseAnswers(of: "remove port")
        await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Build(), as: bench.run) }
        #expect(try bench.record().stuck?.failure.code == "outcome-unknown")
        try await bench.runner().recover()
        #expect(try bench.record().state == .undone)
        #expect(bench.world.things.isEmpty)
    }

    @Test("a run that comes further is no longer called stuck")
    func stuckNoMore() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: No())
        bench.world.refuse("remove port", with: No())
        bench.world.refuse("remove disk", with: Died())
        await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Build(), as: bench.run) }
        await #expect(throws: Died.self) { try await bench.runner().recover() }
        #expect(try bench.record().state == .unwinding)
        #expect(try bench.record().stuck == nil)
    }

    @Test("a probe that refuses an undo is as an undo that is refused")
    func probedUndo() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: No())
        await #expect(throws: RunIsStuck.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeUndo, "disk"), No(code: "held"))).perform(Build(), as: bench.run)
        }
        #expect(try bench.record().stuck?.step == "disk")
    }

    @Test("behind what cannot be taken back there is no way but forward; a refusal of that step itself unwinds")
    func irreversible() async throws {
        let after = Bench()
        after.world.refuse("make clean", with: No(), No())
        await #expect(throws: RunIsStuck.self) { _ = try await after.runner().perform(Burn(), as: after.run) }
        #expect(try after.record().stuck == StuckPoint(step: "sweep", undoing: false, failure: RunFailure(code: "no"), attempts: 1))
        try await after.runner().recover()
        #expect(try after.record().stuck?.attempts == 2)
        try await after.runner().recover()
        #expect(try after.record().state == .done)
        #expect(after.world.things == ["ashes", "clean"])

        let itself = Bench()
        itself.world.refuse("make ashes", with: No())
        await #expect(throws: RunRefused.self) { _ = try await itself.runner().perform(Burn(), as: itself.run) }
        #expect(itself.rows.isEmpty && itself.world.things.isEmpty)
    }

    @Test("so it is behind a transaction that cannot be taken back")
    func irreversibleCommit() async throws {
        let bench = Bench()
        try await Scripted.$script.withValue({ flow, world in
            try await flow.commit("claim", irreversible: "a test") { $0.rows["x"] = 1 }
            try await flow.step("disk") { _ in
                try world.make("disk")
            } undo: { _ in
                try world.remove("disk")
            }
        }) {
            bench.world.refuse("make disk", with: No())
            await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
            try await bench.runner().cancel(bench.run)
            try await bench.runner().recover()
        }
        #expect(try bench.record().state == .done)
        #expect(bench.world.things == ["disk"])
    }

    @Test("what cannot be taken back and may be done is found out before a request to cancel is obeyed")
    func irreversiblePerhapsDone() async throws {
        for boundary in [Boundary(.beforeEffect, "fire"), Boundary(.afterEffect, "fire")] {
            let bench = Bench()
            await #expect(throws: Died.self) {
                _ = try await bench.runner(Heckler(at: boundary, Died())).perform(Burn(), as: bench.run)
            }
            try await bench.runner().cancel(bench.run)
            try await bench.runner().recover()
            #expect(try bench.record().state == .done, "undone beside the ashes would be a lie")
            #expect(bench.world.things == ["ashes", "clean"])
        }
    }
}
