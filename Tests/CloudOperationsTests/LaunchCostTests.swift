// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Synchronization
import Testing

/// What a launch asks of the disk (Documentation/decisions/0009-what-a-commit-costs.md): each transaction is a wait for it.
@Suite struct LaunchCostTests {
    /// Passes everything on and counts the transactions.
    private final class CountingStore: Store {
        let inner: SQLiteMemoryStore
        private let writes = Mutex(0)
        init(_ inner: SQLiteMemoryStore) { self.inner = inner }

        func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
            writes.withLock { $0 += 1 }
            return try inner.write(body)
        }
        func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result { try inner.read(body) }
        func dump() async throws -> [String: [String]] { try inner.dump() }
        func unfinishedRuns() async throws -> [RunRecord] { try inner.unfinishedRuns() }

        /// How many transactions something makes.
        func count(_ body: () async throws -> Void) async throws -> Int {
            let before = writes.withLock { $0 }
            try await body()
            return writes.withLock { $0 } - before
        }
    }

    @Test func aLaunchIsSixTransactionsAndADestroyFive() async throws {
        let site = try await Site()
        let store = CountingStore(site.disk)
        let cloud = Cloud(
            world: SimulatedSite.world(store: store, host: site.host, clock: site.clock, sources: SeededSources(seed: 3)),
            clock: site.clock.waiting)
        let request = try cloud.request(template: site.template, name: "one", start: false, by: site.anna)
        let instance = request.members[0].id
        #expect(try await store.count { _ = try await cloud.perform(request) } == 1)
        let start = StartInstance(by: site.anna, instance: instance)
        #expect(try await store.count { _ = try await cloud.perform(start) } == 5, "claim, network, disk, running, ready")
        let destroy = DestroyInstance(by: site.anna, instance: instance)
        let destroyed = try await store.count { _ = try await cloud.perform(destroy) }
        #expect(destroyed == 5, "claim, power, the port's leaving, network, destroyed")
    }
}
