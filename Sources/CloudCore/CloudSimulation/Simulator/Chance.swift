// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// The chance of a seed, a stream for each purpose: a draw more for one moves no other, so a story that is changed in one place stays the
/// same in the rest.
public final class Chance: Sendable {
    private let seed: UInt64
    private let streams = Mutex<[String: SplitMix64]>([:])

    /// The chance of a seed.
    public init(seed: UInt64) { self.seed = seed }

    /// A number below a bound, which is at least 1.
    public func below(_ bound: Int, of purpose: String) -> Int {
        streams.withLock { streams in
            var stream = streams[purpose] ?? SplitMix64(seed: seed ^ FNV1a.hash(purpose))
            defer { streams[purpose] = stream }
            return stream.below(bound)
        }
    }

    /// Whether something happens that happens so many times in a hundred thousand. Nothing is drawn where it never does.
    func happens(_ rate: Int, of purpose: String) -> Bool { rate > 0 && below(100_000, of: purpose) < rate }

    /// A time between two, by the millisecond.
    func between(_ least: Duration, _ most: Duration, of purpose: String) -> Duration {
        let span = max(0, (most - least).wholeMilliseconds)
        return least + .milliseconds(below(Int(span) + 1, of: purpose))
    }
}
