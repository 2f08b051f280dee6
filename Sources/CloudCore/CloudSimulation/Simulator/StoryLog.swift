// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// What happened in a simulation, one line each: the milliseconds since its beginning, who, what. Two runs of one seed are the same story
/// where their digests are.
public final class StoryLog: Sendable {
    private struct State {
        var lines: [String] = []
        var count = 0
        var digest: UInt64 = 0
    }
    private let state = Mutex(State())
    /// How many lines are kept; the digest is over all.
    private let kept: Int

    /// A log that keeps so many of its last lines.
    public init(keeping kept: Int = 2000) { self.kept = max(1, kept) }

    func add(_ line: String) {
        state.withLock { state in
            state.digest = FNV1a.hash(line, seed: state.digest)
            state.count += 1
            state.lines.append(line)
            // Twice as many are let stand, so that taking away is rare.
            if state.lines.count >= 2 * kept { state.lines.removeFirst(state.lines.count - kept) }
        }
    }

    /// The last lines.
    public var lines: [String] { state.withLock { Array($0.lines.suffix(kept)) } }
    /// How many lines there were.
    public var count: Int { state.withLock { $0.count } }
    /// A sum over every line (FNV-1a, each line seeded by those before).
    public var digest: UInt64 { state.withLock { $0.digest } }
}
