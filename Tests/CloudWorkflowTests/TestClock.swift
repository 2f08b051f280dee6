// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A clock whose sleeps take no time and are counted. A sleeper may be held until the test lets it go.
final class TestClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }
    private struct State {
        var now = Instant(offset: .zero)
        var sleeps: [Duration] = []
    }
    private let state = Mutex(State())
    /// Called at each sleep, with how many came before; may do something to the world, or throw.
    let onSleep: @Sendable (Int) async throws -> Void

    init(onSleep: @escaping @Sendable (Int) async throws -> Void = { _ in }) { self.onSleep = onSleep }

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    /// How long each sleep was.
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let before = state.withLock { state in
            defer {
                state.sleeps.append(state.now.duration(to: deadline))
                state.now = max(state.now, deadline)
            }
            return state.sleeps.count
        }
        try await onSleep(before)
        await Task.yield()
    }
}
