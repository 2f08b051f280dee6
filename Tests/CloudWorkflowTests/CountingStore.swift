// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow

/// A store that writes down what it is asked for: how often is a question of its own.
struct CountingStore: JournalingStore {
    let store = ToyStore([:])
    let asked = Keys()

    func write<Result: Sendable>(_ body: @Sendable (ToyTransaction) throws -> Result) async throws -> Result { try await store.write(body) }
    func journal(in transaction: ToyTransaction) -> any JournalTransaction { store.journal(in: transaction) }
    func unfinishedRuns() async throws -> [RunRecord] {
        asked.add("unfinished")
        return try await store.unfinishedRuns()
    }
    func openRuns(besides known: Set<RunID>) async throws -> OpenRuns {
        asked.add("open besides \(known.map(\.text).sorted().joined(separator: " "))")
        return OpenRuns(runs: try await unfinishedRuns().filter { !known.contains($0.id) })
    }
    func run(_ id: RunID) async throws -> RunRecord? {
        asked.add("run")
        return try await store.run(id)
    }
    func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])? {
        asked.add("journal")
        return try await store.journal(of: id)
    }

    /// A runner over it.
    func runner(_ clock: TestClock = TestClock(), probe: any BoundaryProbe = NoProbe()) -> Runner<ToyTransaction, ToyWorld> {
        Runner(.init(store: self, world: ToyWorld(), clock: clock, probe: probe), kinds: Bench.kinds)
    }
}
