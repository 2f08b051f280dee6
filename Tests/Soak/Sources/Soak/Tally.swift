// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import Synchronization

/// What was told so far, by all threads.
final class Tally: Sendable {
    struct Counts {
        var figures = CampusFigures()
        var onFiles = 0
        /// A sum over the stories, whatever the order in which they were told.
        var digest: UInt64 = 0
        var broken: [CampusStory.Told] = []
    }
    private struct State {
        var next: UInt64
        var counts = Counts()
    }

    /// So many broken seeds are enough to look at.
    static let mostBroken = 10

    private let wish: Wish
    private let begun = ContinuousClock.now
    private let state: Mutex<State>

    init(_ wish: Wish) {
        self.wish = wish
        state = Mutex(State(next: wish.first))
    }

    var counts: Counts { state.withLock { $0.counts } }
    var elapsed: Duration { begun.duration(to: .now) }

    /// The next seed; nil where it is enough.
    func take() -> UInt64? {
        guard elapsed < wish.limit else { return nil }
        return state.withLock { state in
            guard state.next - wish.first < wish.seeds, state.counts.figures.crashRuns < wish.crashRuns,
                state.counts.broken.count < Self.mostBroken
            else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func add(_ told: CampusStory.Told) {
        state.withLock { state in
            state.counts.figures.add(told)
            state.counts.onFiles += CampusStory.isOnFile(told.seed) ? 1 : 0
            var stream = SplitMix64(seed: told.seed ^ told.digest)
            state.counts.digest &+= stream.next()
            if !told.wrong.isEmpty { state.counts.broken.append(told) }
        }
    }

    /// One line of figures.
    var figures: String {
        let (counts, seconds) = (counts, elapsed / Duration.seconds(1))
        let (figures, requests) = (counts.figures, counts.figures.total)
        let rate = Int(Double(figures.steps) / max(seconds, 0.001) * 60)
        return """
            \(figures.seeds) told in \(Int(seconds.rounded())) s: \(figures.crashRuns) crash runs with \(figures.crashes) crashes, \
            \(counts.onFiles) on files; \(figures.steps) steps, \(rate) a minute; \(requests.asked) requests, \(requests.refused) refused, \
            \(requests.acknowledged) acknowledged: \(requests.done) done, \(requests.undone) undone, \(requests.superseded) taken over; \
            \(counts.broken.count) broken
            """
    }
}
