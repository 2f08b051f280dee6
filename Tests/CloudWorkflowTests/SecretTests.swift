// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Testing

@Suite("A journal never holds a secret in the clear")
struct SecretTests {
    let password = "correct horse"

    @Test("neither input nor output nor any line holds it, and it comes back whole after a crash")
    func sealed() async throws {
        let bench = Bench()
        let runner = bench.runner(Heckler(at: Boundary(.beforeEnd), Died()), sealer: ToySealer())
        await #expect(throws: Died.self) { _ = try await runner.perform(Confide(password: Secret(password)), as: bench.run) }
        try await bench.runner(sealer: ToySealer()).recover()
        let record = try bench.record()
        let stored = "\(record)" + "\(bench.store.content.journals)"
        #expect(!stored.contains("horse"))
        #expect(record.state == .done)
        let output = try #require(record.output)
        #expect(try ToySealer().open(output.filter { $0 != "\"" }) == password + "!")
    }

    @Test("without a sealer it is not written at all")
    func noSealer() async throws {
        let bench = Bench()
        await #expect(throws: EncodingError.self) {
            _ = try await bench.runner().perform(Confide(password: Secret(password)), as: bench.run)
        }
        #expect(bench.store.content.runs.isEmpty)
    }

    @Test("with another key the run is put aside, and others go on")
    func otherKey() async throws {
        let bench = Bench()
        let runner = bench.runner(Heckler(at: Boundary(.beforeEffect, "tell"), Died()), sealer: ToySealer())
        await #expect(throws: Died.self) { _ = try await runner.perform(Confide(password: Secret(password)), as: bench.run) }
        await #expect(throws: Died.self) {
            _ = try await bench.runner(Heckler(at: Boundary(.beforeEffect, "disk"), Died())).perform(Build(), as: RunID("op-2"))
        }
        try await bench.runner(sealer: ToySealer(key: 9)).recover()
        #expect(try bench.record().state == .stuck)
        #expect(try bench.record(RunID("op-2")).state == .done)
        try await bench.runner(sealer: ToySealer()).recover()
        #expect(try bench.record().state == .done)
    }

    @Test("it is not printed")
    func printing() {
        let secret = Secret(password)
        var dumped = ""
        dump(Confide(password: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Confide(password: secret))", dumped, "\([secret])"] {
            #expect(!text.contains("horse"))
        }
    }
}
