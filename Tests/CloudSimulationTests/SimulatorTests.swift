// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import Testing

@Suite struct SimulatorTests {
    @Test func timePassesOnlyWhereNothingCanRun() throws {
        let simulator = Simulator()
        let clock = simulator.clock
        let order = try simulator.run {
            try await withThrowingTaskGroup(of: String.self) { tasks in
                for number in 1...4 {
                    tasks.addTask {
                        try await clock.sleep(for: .seconds(10 - number))
                        for _ in 0..<100 { await Task.yield() }
                        return "\(number) at \(simulator.now.elapsed)"
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(order == ["4 at 6.0 seconds", "3 at 7.0 seconds", "2 at 8.0 seconds", "1 at 9.0 seconds"])
        #expect(simulator.escapes == 0)
    }

    @Test func whoWaitsForOneMomentGoesOnInTheOrderOfComing() throws {
        let simulator = Simulator()
        let clock = simulator.clock
        let order = try simulator.run {
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for number in 0..<50 {
                    tasks.addTask {
                        try await clock.sleep(for: .seconds(1))
                        return number
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(order == Array(0..<50))
    }

    @Test func whoIsCancelledWakesAtOnce() throws {
        let simulator = Simulator()
        let clock = simulator.clock
        let woken = try simulator.run {
            await withTaskGroup(of: Duration.self) { tasks in
                tasks.addTask {
                    await #expect(throws: CancellationError.self) { try await clock.sleep(for: .seconds(1000)) }
                    return simulator.now.elapsed
                }
                tasks.addTask {
                    await #expect(throws: Never.self) { try await clock.sleep(for: .seconds(1)) }
                    return simulator.now.elapsed
                }
                _ = await tasks.next()
                tasks.cancelAll()
                // One who was cancelled before it slept does not sleep either.
                tasks.addTask {
                    await #expect(throws: CancellationError.self) { try await clock.sleep(for: .seconds(1000)) }
                    return simulator.now.elapsed
                }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(woken == [.seconds(1), .seconds(1)])
    }

    @Test func whatWaitsForEverIsSaid() throws {
        let simulator = Simulator()
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let stuck = #expect(throws: Simulator.Stuck.self) {
            try simulator.run {
                try await simulator.clock.sleep(for: .seconds(3))
                for await _ in stream {}
            }
        }
        #expect(stuck?.at == .seconds(3) && stuck?.escapes == 0)
        continuation.finish()
    }

    @Test func whatEscapesIsCounted() throws {
        let simulator = Simulator()
        let result = Result {
            try simulator.run {
                await Task.detached { for _ in 0..<10 { await Task.yield() } }.value
                return 1
            }
        }
        // Either the simulator saw it come back, or it found itself with nothing to run while it was away.
        switch result {
        case .success: #expect(simulator.escapes > 0)
        case .failure(let error): #expect(error is Simulator.Stuck)
        }
    }

    @Test func anErrorIsTheBodysOwn() {
        #expect(throws: ManagerDied.self) { try Simulator().run { throw ManagerDied() } }
    }
}
