// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A clock that stands still but where a test moves it; whoever sleeps goes on when its time has come.
final class HandClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }
    private struct State {
        var now = Instant(offset: .zero)
        var count = 0
        var sleepers: [Int: (until: Instant, alarm: AsyncStream<Void>.Continuation)] = [:]
    }
    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    /// How many sleep.
    var asleep: Int { state.withLock { $0.sleepers.count } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let (stream, alarm) = AsyncStream<Void>.makeStream()
        let number = state.withLock { state -> Int? in
            guard deadline > state.now else { return nil }
            state.count += 1
            state.sleepers[state.count] = (deadline, alarm)
            return state.count
        }
        guard let number else { return }
        for await _ in stream {}
        state.withLock { $0.sleepers[number] = nil }
        try Task.checkCancellation()
    }

    /// So much time passes at once.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.alarm)
        }
        for alarm in due { alarm.finish() }
    }
}
