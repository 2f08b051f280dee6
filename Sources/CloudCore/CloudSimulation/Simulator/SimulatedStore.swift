// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Synchronization

/// The store of one manager's life, with what goes wrong at commits.
struct SimulatedStore: Store {
    /// How a commit goes.
    enum Fate: Hashable {
        case well
        /// The fsync fails; the commit is durable all the same, or is not.
        case syncFails(isKept: Bool)
    }
    /// Whether an fsync has failed: from then on nothing is committed.
    private final class Health: Sendable {
        let hasFailed = Mutex(false)
    }

    private let inner: any Store
    private unowned let cloud: SimulatedCloud
    private let health = Health()

    init(_ inner: any Store, of cloud: SimulatedCloud) {
        self.inner = inner
        self.cloud = cloud
    }

    func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
        let fate = try cloud.beforeCommit(hasFailed: health.hasFailed.withLock { $0 })
        if fate == .syncFails(isKept: false) { throw failure() }
        let (watch, around) = (cloud.watch, cloud.surroundings)
        let (result, changes) = try await inner.write { tx -> (Result, InvariantWatch.Committed) in
            // A body may be run again; then only its last run counts.
            let watched = WatchedTransaction(inner: tx, watch: watch, around: around)
            return (try body(watched), watched.changes.all)
        }
        watch.committed(changes)
        if fate != .well { throw failure() }
        try cloud.afterCommit()
        try await cloud.lookAtEverythingNowAndThen(inner)
        return result
    }
    func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result { try await inner.read(body) }
    func dump() async throws -> [String: [String]] { try await inner.dump() }
    func unfinishedRuns() async throws -> [RunRecord] { try await inner.unfinishedRuns() }
    func openRuns(besides known: Set<RunID>) async throws -> OpenRuns { try await inner.openRuns(besides: known) }

    private func failure() -> CloudError {
        health.hasFailed.withLock { $0 = true }
        return SimulatedCloud.recordsFailed
    }
}

extension SimulatedCloud {
    static let recordsFailed = CloudError(.storeUnavailable, ["reason": "the disk of the store failed"])

    /// Before a commit: says how it goes, and throws where it is refused.
    func beforeCommit(hasFailed: Bool) throws -> SimulatedStore.Fate {
        let (life, faults) = (ManagerLife.current, faults)
        try life?.mustLive()
        if hasFailed { throw Self.recordsFailed }
        if chance.happens(faults.commitRefused, of: "commit refused") {
            add("a commit is refused")
            throw CloudError(.storeUnavailable, ["reason": "the disk of the store is full"])
        }
        guard let life, chance.happens(faults.syncFails, of: "sync fails") else { return .well }
        let isKept = chance.below(2, of: "a failed sync") == 0
        add("a commit's fsync fails: \(isKept ? "it is durable" : "it is lost")")
        // Whoever watches over the daemon sees that its records take no changes, and starts it anew.
        begin(.recordsFailed(manager: life.number), for: chance.between(.seconds(5), .seconds(60), of: "a failed sync"))
        return .syncFails(isKept: isKept)
    }

    /// After a commit: throws where nobody learns of it.
    func afterCommit() throws {
        step()
        try ManagerLife.current?.pass("after a commit")
        if chance.happens(faults.commitUnknown, of: "commit unknown") {
            add("a commit is not answered")
            throw CloudError(.storeUnavailable, ["reason": "the store does not answer"])
        }
    }
}
