// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Synchronization

/// Wall time that passes only when somebody waits (``waiting``) or moves it.
public final class SimulatedClock: WallClock {
    private let start: Timestamp
    private let passed = Mutex<Int64>(0)

    /// A clock that shows a moment: 2026-01-05T09:00:00Z, a Monday morning in term, unless another is given.
    public init(_ start: Timestamp = Timestamp(seconds: 1_767_603_600)) { self.start = start }

    /// The present moment.
    public func now() -> Timestamp { start + .milliseconds(elapsed) }
    /// Moves the time forward.
    public func advance(by duration: Duration) { passed.withLock { $0 += max(0, duration.wholeMilliseconds) } }
    /// The same time, for those who wait.
    public var waiting: SimulatedWaiting { SimulatedWaiting(clock: self) }

    var elapsed: Int64 { passed.withLock { $0 } }
    func moveOn(to milliseconds: Int64) { passed.withLock { $0 = max($0, milliseconds) } }
}

/// Waits on a ``SimulatedClock``: a sleep moves the time to its deadline and returns at once. With several sleepers the time is the
/// latest deadline.
public struct SimulatedWaiting: Clock {
    /// A moment since the clock was made.
    public struct Instant: InstantProtocol {
        /// Milliseconds since the clock was made.
        public let milliseconds: Int64
        /// A later moment.
        public func advanced(by duration: Duration) -> Self { Self(milliseconds: milliseconds + duration.wholeMilliseconds) }
        /// The time to another moment.
        public func duration(to other: Self) -> Duration { .milliseconds(other.milliseconds - milliseconds) }
        /// Earlier is smaller.
        public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    }

    let clock: SimulatedClock

    /// The present moment.
    public var now: Instant { Instant(milliseconds: clock.elapsed) }
    /// Milliseconds.
    public var minimumResolution: Duration { .milliseconds(1) }

    /// Moves the time to the deadline; throws when the task was cancelled, as every clock does.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        clock.moveOn(to: deadline.milliseconds)
        await Task.yield()
    }
}
