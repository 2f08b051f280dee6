// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudWorkflow
import Synchronization

/// The manager died here. Whatever it would have done after this is not done.
public struct ManagerDied: Error, Hashable, Sendable {
    /// The manager died here.
    public init() {}
}

/// One life of a manager. It is at every border of its runs and at every call that its tasks make, and may end at any; from then on each
/// border and call that it still reaches throws ``ManagerDied``, so nothing of it lives on beside the next one.
final class ManagerLife: BoundaryProbe {
    /// The life in which the present task acts; nil for the world's own tasks.
    @TaskLocal static var current: ManagerLife?

    /// Its number: 1 for the first.
    let number: Int
    private let isDead = Mutex(false)
    private let ended = AsyncStream<Void>.makeStream()
    /// Asked at each point whether the manager dies there.
    private let dies: @Sendable (String) -> Bool

    init(_ number: Int, dies: @escaping @Sendable (_ point: String) -> Bool) {
        self.number = number
        self.dies = dies
    }

    /// A run is at a boundary.
    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        try pass("\(boundary.kind.rawValue) \(boundary.name) of \(kind) \(run)")
    }

    /// Goes on, or dies.
    func pass(_ point: String) throws {
        try mustLive()
        guard dies(point) else { return }
        end()
        throw ManagerDied()
    }

    func mustLive() throws { if isDead.withLock({ $0 }) { throw ManagerDied() } }

    /// It is over.
    func end() {
        isDead.withLock { $0 = true }
        ended.continuation.finish()
    }

    /// Returns when it is over.
    func untilItsEnd() async { for await _ in ended.stream {} }
}
