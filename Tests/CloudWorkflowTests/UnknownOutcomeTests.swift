// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Synchronization
import Testing

@Suite("An answer that is lost is neither done nor failed until it is known")
struct UnknownOutcomeTests {
    @Test("a step that can be observed is observed, not repeated")
    func observed() async throws {
        let bench = Bench()
        bench.world.loseAnswers(of: "make power")
        #expect(try await bench.runner().perform(Build(), as: bench.run) == 1)
        #expect(bench.world.calls.filter { $0.hasSuffix("power") } == ["make power", "see power"])
        #expect(bench.world.effects("+power") == 1)
        #expect(bench.clock.sleeps == [.milliseconds(50)])
    }

    @Test("what was seen not to be done is done then")
    func seenNotDone() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: Lost())
        _ = try await bench.runner().perform(Build(), as: bench.run)
        #expect(bench.world.calls.filter { $0.hasSuffix("power") } == ["make power", "see power", "make power"])
    }

    @Test("a step that cannot be observed is asked again under the same key")
    func askedAgain() async throws {
        let bench = Bench()
        bench.world.loseAnswers(of: "make port", times: 2)
        _ = try await bench.runner().perform(Build(), as: bench.run)
        #expect(bench.world.calls.filter { $0 == "make port" }.count == 3)
        #expect(bench.world.effects("+port") == 1)
        #expect(bench.clock.sleeps == [.milliseconds(50), .milliseconds(100)])
    }

    @Test("the key is the same for each try, and another one for the undo")
    func keys() async throws {
        let bench = Bench()
        let keys = Keys()
        await Scripted.$script.withValue({ flow, _ in
            try await flow.commit("claim") { _ in
            } undo: { _ in
            }
            try await flow.step("port") { key in
                keys.add(key.step)
                if keys.all.count < 3 { throw Lost() }
            } undo: { key in
                keys.add(key.step)
            }
            throw No()
        }) {
            await #expect(throws: RunRefused.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(keys.all == ["port", "port", "port", "port/undo"])
    }

    @Test("after three tries the run is put aside as stuck, not undone, and goes on when the answer comes")
    func stuckAndResumed() async throws {
        let bench = Bench()
        bench.world.refuse("make power", with: Lost(), Lost(), Lost(), Lost())
        await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Build(), as: bench.run) }
        let point = try #require(try bench.record().stuck)
        #expect(point.step == "power" && !point.undoing && point.failure.code == "outcome-unknown" && point.attempts == 1)
        #expect(bench.world.things == ["disk", "port"], "nothing was taken back")
        try await bench.runner().recover()
        #expect(try bench.record().state == .done)
        #expect(try bench.record().stuck == nil)
        #expect(bench.world.effects("+power") == 1)
    }

    @Test("a step that a dead manager may have done is observed first")
    func afterACrash() async throws {
        let bench = Bench()
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.afterEffect, "power"), Died())).perform(Build(), as: bench.run)
        }
        try await bench.runner().recover()
        #expect(bench.world.calls.filter { $0.hasSuffix("power") } == ["make power", "see power"])
    }

    @Test("a refusal after an answer that was lost does not take back what can no longer be taken back")
    func refusedAfterLost() async throws {
        let bench = Bench()
        bench.world.refuse("make ashes", with: Lost(), No())
        await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Burn(), as: bench.run) }
        #expect(try bench.record().stuck?.step == "fire")
        #expect(bench.rows == ["burning": 1], "the claim is not taken back beside what may have burnt")
        try await bench.runner().recover()
        #expect(try bench.record().state == .done)
    }

    @Test("nor does one that a manager meets who takes up where another died")
    func refusedAfterADeath() async throws {
        let bench = Bench()
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.afterEffect, "fire"), Died())).perform(Burn(), as: bench.run)
        }
        bench.world.refuse("make ashes", with: No())
        try await bench.runner().recover()
        #expect(try bench.record().state == .stuck)
        #expect(bench.rows == ["burning": 1])
        try await bench.runner().recover()
        #expect(try bench.record().state == .done)
    }

    @Test("but where nothing is at work on the first try any more, a refusal is a refusal")
    func refusedAfterNever() async throws {
        let bench = Bench()
        let seen = Seen(.neverDone)
        bench.world.refuse("make ashes", with: Lost(), No())
        await Scripted.$script.withValue(Self.burning(seen)) {
            await #expect(throws: RunRefused.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
        }
        #expect(try bench.record().state == .undone)
        #expect(bench.rows["burning"] == nil)
    }

    @Test("what is still under way is looked at again, and neither asked for nor taken back, not for a request to stop either")
    func underWay() async throws {
        let bench = Bench()
        let seen = Seen(.underWay)
        bench.world.refuse("make ashes", with: Lost())
        try await Scripted.$script.withValue(Self.burning(seen)) {
            await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(Scripted(), as: bench.run) }
            #expect(bench.world.calls.filter { $0 == "make ashes" }.count == 1)
            #expect(try bench.record().stuck?.failure.code == "outcome-unknown")
            try await bench.runner().cancel(bench.run)
            try await bench.runner().recover()
            #expect(try bench.record().state == .stuck && bench.rows == ["burning": 1])
            seen.set(.done(Nothing()))
            try await bench.runner().recover()
            #expect(try bench.record().state == .done)
        }
        #expect(bench.world.calls.filter { $0 == "make ashes" }.count == 1)
    }

    private final class Seen: Sendable {
        private let state: Mutex<Observation<Nothing>>
        var now: Observation<Nothing> { state.withLock { $0 } }
        init(_ first: Observation<Nothing>) { state = Mutex(first) }
        func set(_ next: Observation<Nothing>) { state.withLock { $0 = next } }
    }

    private static func burning(_ seen: Seen) -> @Sendable (Flow<ToyTransaction>, ToyWorld) async throws -> Void {
        { flow, world in
            try await flow.commit("claim") {
                $0.rows["burning"] = 1
            } undo: { tx in
                tx.rows["burning"] = nil
            }
            try await flow.step("fire", irreversible: "ashes are left") { _ in
                try world.make("ashes")
            } observe: { _ in
                seen.now
            }
        }
    }

    @Test("one of several parallel steps that stays unknown is no refusal of the others")
    func inParallel() async throws {
        let bench = Bench()
        bench.world.refuse("make b", with: Lost(), Lost(), Lost())
        bench.world.refuse("make c", with: No())
        await #expect(throws: RunIsStuck.self) { _ = try await bench.runner().perform(BuildMany(), as: bench.run) }
        #expect(try bench.record().stuck?.step == "part[b]")
        try await bench.runner().recover()
        #expect(try bench.record().state == .done)
        #expect(bench.world.things == ["a", "b", "c"])
    }
}
