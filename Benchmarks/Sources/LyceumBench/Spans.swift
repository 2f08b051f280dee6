// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Synchronization

/// The spans of time that were spent outside the manager. What of a launch lies in none of them is the manager's own time: its rules,
/// its transactions, its waits for the disk.
final class Spans: Sendable {
    private let spans = Mutex<[(begin: ContinuousClock.Instant, end: ContinuousClock.Instant)]>([])

    /// A call outward.
    func around<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let begin = ContinuousClock.now
        defer { spans.withLock { $0.append((begin, .now)) } }
        return try await body()
    }

    /// How long something took and how much of it lay in no span. One thing at a time may be measured.
    func measure(_ body: () async throws -> Void) async throws -> (whole: Duration, own: Duration) {
        spans.withLock { $0 = [] }
        let begin = ContinuousClock.now
        try await body()
        let end = ContinuousClock.now
        var outside = Duration.zero
        var reached = begin
        // Spans of parallel steps overlap: what is covered twice counts once.
        for span in spans.withLock({ $0 }).sorted(by: { $0.begin < $1.begin }) where span.end > reached {
            outside += span.end - max(span.begin, reached)
            reached = span.end
        }
        return (end - begin, end - begin - outside)
    }
}

/// A clock whose sleeps are spans: waiting for a guest to boot is no work of the manager's.
struct TimedClock: Clock {
    let spans: Spans
    private let clock = ContinuousClock()
    init(spans: Spans) { self.spans = spans }
    var now: ContinuousClock.Instant { clock.now }
    var minimumResolution: Duration { clock.minimumResolution }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try await spans.around { try await clock.sleep(until: deadline, tolerance: tolerance) }
    }
}

/// Under whose name calls of programs are recorded: the run on whose behalf they are made.
enum Lane { @TaskLocal static var current = "" }

extension HostParts {
    /// The same parts, with a span around every call.
    func timed(_ spans: Spans) -> HostParts {
        HostParts(
            guests: TimedGuests(inner: guests, spans: spans), fabric: TimedFabric(inner: fabric, spans: spans),
            disks: TimedDisks(inner: disks, spans: spans), probe: TimedProbe(inner: probe, spans: spans))
    }
}
