// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow
import Synchronization
import Testing

/// Kills the manager at the n-th boundary, and lets nothing of it live on.
final class Reaper: BoundaryProbe {
    private let left: Mutex<Int?>
    private let met = Mutex<[Boundary]>([])
    /// The boundaries in the order in which they were reached.
    var boundaries: [Boundary] { met.withLock { $0 } }

    /// Dies at the boundary after so many others; nil: never.
    init(after count: Int? = nil) { left = Mutex(count) }

    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        met.withLock { $0.append(boundary) }
        try left.withLock { left in
            guard let now = left else { return }
            guard now > 0 else { throw Died() }
            left = now - 1
        }
    }
}

/// Throws something at one boundary, as often as said.
final class Heckler: BoundaryProbe {
    let boundary: Boundary
    let error: any Error
    private let left: Mutex<Int>

    init(at boundary: Boundary, _ error: any Error, times: Int = 1) {
        self.boundary = boundary
        self.error = error
        left = Mutex(times)
    }

    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        guard boundary == self.boundary else { return }
        let throwing = left.withLock { left in
            left -= 1
            return left >= 0
        }
        if throwing { throw error }
    }
}

/// XOR with a key: enough to tell sealed from clear.
struct ToySealer: Sealer {
    struct WrongKey: Error {}
    var key: UInt8 = 7
    func seal(_ clear: String) throws -> String { ([key] + clear.utf8.map { $0 ^ key }).map(String.init).joined(separator: " ") }
    func open(_ sealed: String) throws -> String {
        let bytes = sealed.split(separator: " ").compactMap { UInt8($0) }
        guard bytes.first == key else { throw WrongKey() }
        return String(decoding: bytes.dropFirst().map { $0 ^ key }, as: UTF8.self)
    }
}

/// A store, a world and a clock that outlive managers.
struct Bench: Sendable {
    let store: ToyStore
    let world = ToyWorld()
    let clock: TestClock
    let run = RunID("op-1")

    init(store: ToyStore = ToyStore([:]), clock: TestClock = TestClock()) {
        self.store = store
        self.clock = clock
    }

    static var kinds: OperationKinds<ToyTransaction, ToyWorld> {
        var kinds = OperationKinds<ToyTransaction, ToyWorld>()
        kinds.add(Build.self)
        kinds.add(BuildMany.self)
        kinds.add(Await.self)
        kinds.add(Burn.self)
        kinds.add(Parent.self)
        kinds.add(Child.self)
        kinds.add(Confide.self)
        kinds.add(Scripted.self)
        return kinds
    }

    /// A new manager over the same store and world.
    func runner(
        _ probe: any BoundaryProbe = NoProbe(), sealer: (any Sealer)? = nil, kinds: OperationKinds<ToyTransaction, ToyWorld> = Bench.kinds,
        report: @escaping @Sendable (RunID, any Error) -> Void = { _, _ in }
    ) -> Runner<ToyTransaction, ToyWorld> {
        Runner(
            .init(
                store: store, world: world, clock: clock, sealer: sealer, probe: probe,
                report: { run, error in
                    guard let run else { Issue.record("the runs cannot be looked for: \(error)"); return }
                    report(run, error)
                }), kinds: kinds)
    }

    /// The run's row.
    func record(_ id: RunID? = nil) throws -> RunRecord {
        try #require(store.content.runs.first { $0.id == id ?? run })
    }
    /// The run's journal, one word a line: `committed claim`.
    func lines(_ id: RunID? = nil) -> [String] {
        (store.content.journals[id ?? run] ?? []).map { $0.name.isEmpty ? $0.kind.rawValue : "\($0.kind.rawValue) \($0.name)" }
    }
    var rows: ToyRows { store.content.rows }
}
