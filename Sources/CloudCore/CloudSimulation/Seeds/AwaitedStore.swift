// SPDX-License-Identifier: Apache-2.0

public import CloudStore
public import CloudWorkflow
import Dispatch
import Synchronization

/// A store that has threads of its own, as a simulation can use it: every call is over before anything else of the simulation runs. So the
/// real store, with its file, its writer's thread and its group commit, tells the same story as one in memory.
///
/// The calling thread waits; the work is done on others. Nothing but a simulation should wait like that.
public struct AwaitedStore: Store {
    private let inner: any Store
    private let lane: Lane

    /// Opens a store, and waits until it is open. Throws what the opening throws.
    public init(_ open: @escaping @Sendable () async throws -> any Store) throws {
        lane = Lane()
        inner = try lane.wait(for: open)
    }

    /// As ``CloudStore/Store`` says.
    public func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
        try withoutActuallyEscaping(body) { body in
            try lane.wait { [inner] in try await inner.write(body) }
        }
    }

    /// As ``CloudStore/Store`` says.
    public func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result {
        try withoutActuallyEscaping(body) { body in
            try lane.wait { [inner] in try await inner.read(body) }
        }
    }

    /// As ``CloudStore/Store`` says.
    public func dump() async throws -> [String: [String]] { try lane.wait { [inner] in try await inner.dump() } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func unfinishedRuns() async throws -> [RunRecord] { try lane.wait { [inner] in try await inner.unfinishedRuns() } }

    /// As ``CloudWorkflow/JournalingStore`` says.
    public func openRuns(besides known: Set<RunID>) async throws -> OpenRuns {
        try lane.wait { [inner] in try await inner.openRuns(besides: known) }
    }
}

/// Where the calls of such a store go on: a thread that is neither the simulation's, which waits, nor one of the pool's, which may all be
/// threads of simulations that wait.
private final class Lane: TaskExecutor {
    private let queue = DispatchQueue(label: "lyceum.simulation.store")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    func wait<Answer: Sendable>(for work: @escaping @Sendable () async throws -> Answer) throws -> Answer {
        let (errand, isDone) = (Errand(work), DispatchSemaphore(value: 0))
        Task(executorPreference: self) {
            await errand.run()
            isDone.signal()
        }
        isDone.wait()
        return try errand.answer()
    }
}

/// Work that is done once. It holds the work no longer than that: what the work stands on may be gone as soon as somebody was told.
private final class Errand<Answer: Sendable>: Sendable {
    private let work: Mutex<(@Sendable () async throws -> Answer)?>
    private let end = Mutex<Result<Answer, any Error>?>(nil)

    init(_ work: @escaping @Sendable () async throws -> Answer) { self.work = Mutex(work) }

    func run() async {
        let work = self.work.withLock { work in
            defer { work = nil }
            return work
        }
        guard let work else { return }
        let result: Result<Answer, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        end.withLock { $0 = result }
    }

    func answer() throws -> Answer {
        guard let result = end.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }
}
