// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import Hypervisor
import Synchronization
import Testing

@testable import CloudHTTP

/// When an open console ends because of what its look at the right of its caller says.
@Suite struct ConsoleSessionTests {
    /// Waits until it is closed, and says how.
    private final class Caller: ConsoleCaller {
        private let open = AsyncStream<Never>.makeStream()
        private let said = Mutex<UInt16?>(nil)
        var goodbye: UInt16? { said.withLock { $0 } }
        func next() async -> [UInt8]? {
            for await _ in open.stream {}
            return nil
        }
        func send(_ bytes: [UInt8]) async -> Bool { true }
        func close(_ code: UInt16, _ reason: String) async {
            said.withLock { $0 = $0 ?? code }
            open.continuation.finish()
        }
    }
    private final class Guest: ConsoleChannel {
        private let open = AsyncStream<Never>.makeStream()
        func read() async throws -> [UInt8]? {
            for await _ in open.stream {}
            return nil
        }
        func write(_ bytes: [UInt8]) async throws {}
        func close() { open.continuation.finish() }
    }
    private final class Answers: Sendable {
        private let left: Mutex<[CloudError?]>
        init(_ answers: [CloudError?]) { left = Mutex(answers) }
        func next() throws {
            // Whoever asks for more than was thought of is told that it is over.
            if let error = left.withLock({ $0.isEmpty ? CloudError(.denied) : $0.removeFirst() }) { throw error }
        }
    }

    /// How it ends, and after how long, where its looks are answered so.
    private func end(_ answers: [CloudError?]) async -> (code: UInt16?, after: Duration) {
        let (clock, caller, script) = (SimulatedClock(), Caller(), Answers(answers))
        let begin = clock.now()
        let session = ConsoleSession(
            .serial, Guest(), clock: clock.waiting, elapsed: { clock.now() - begin }, slot: CallSlot {}, recheck: { try script.next() })
        await session.run(with: caller)
        return (caller.goodbye, clock.now() - begin)
    }

    @Test(arguments: [ErrorCode.denied, .notFound, .notSignedIn]) func whoMayNoLongerIsClosedAtOnce(code: ErrorCode) async {
        let (said, after) = await end([nil, nil, CloudError(code)])
        #expect(said == 1008 && after == .seconds(6))
    }

    @Test func recordsThatDoNotAnswerOnceEndNothing() async {
        let away = CloudError(.storeUnavailable)
        let (said, after) = await end([away, nil, away, nil, away, nil, CloudError(.denied)])
        #expect(said == 1008 && after == .seconds(14))
    }

    @Test(arguments: [ErrorCode.storeUnavailable, .unavailable]) func nobodyGoesOnUnaskedForMoreThanFiveSeconds(code: ErrorCode) async {
        let (said, after) = await end([nil, CloudError(code), CloudError(code), CloudError(code)])
        #expect(said == 1011)
        #expect(after - .seconds(2) <= .seconds(5), "invariant I31, since the last look that was answered")
    }
}
