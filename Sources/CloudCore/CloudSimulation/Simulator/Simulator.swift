// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// One thread, one queue, one clock: what runs in it runs the same way every time.
///
/// ```
///              a job is there                    none is there, somebody sleeps
///        ┌──────────────────────┐            ┌──────────────────────────────────┐
///        ▼                      │            ▼                                  │
///  take the oldest job ──▶ run it to its next wait ──▶ move the time to the earliest sleeper, wake that one
///                               │
///                               └─ nobody sleeps either, and the root has not ended ──▶ ``Stuck``
/// ```
///
/// Jobs run in the order in which they came. All chance is drawn by the world that is simulated, never by the scheduling, so one seed tells
/// one story in every build. What is simulated may suspend on its children, on the simulator's clock and on streams; a job that comes
/// from another thread has escaped (a task that is no child of the root, an actor with a thread of its own, a library's thread), and is
/// counted: a run with escapes is no simulation (Documentation/decisions/0027-a-simulation-is-one-thread.md).
public final class Simulator: TaskExecutor {
    /// A moment in simulated time.
    public struct Instant: InstantProtocol {
        /// Since the simulator was made.
        public let elapsed: Duration
        /// A later moment.
        public func advanced(by duration: Duration) -> Self { Self(elapsed: elapsed + duration) }
        /// The time to another moment.
        public func duration(to other: Self) -> Duration { other.elapsed - elapsed }
        /// Earlier is smaller.
        public static func < (left: Self, right: Self) -> Bool { left.elapsed < right.elapsed }
    }

    /// Nothing can go on, and the root has not ended: somebody waits for what never comes, or went where the simulator does not see it.
    public struct Stuck: Error, Hashable, CustomStringConvertible {
        /// When.
        public let at: Duration
        /// How many jobs had come from other threads by then.
        public let escapes: Int
        /// A sentence.
        public var description: String {
            "the simulation has not ended, nothing is left to run at \(at), and nobody sleeps"
                + (escapes == 0 ? "" : "; \(escapes) jobs came from other threads")
        }
    }

    private struct State {
        var jobs: [UnownedJob] = []
        /// Where the queue begins in `jobs`: what is before it has run.
        var first = 0
        var ran = 0
        var escapes = 0
        /// The thread that runs; nil while none does.
        var thread: pthread_t?
        var now = Duration.zero
        var sleepers = Sleepers()
    }
    private let state = Mutex(State())

    /// A simulator at the beginning of its time.
    public init() {}

    /// The present moment.
    public var now: Instant { Instant(elapsed: state.withLock { $0.now }) }
    /// The time in it, to wait by.
    public var clock: SimulatorClock { SimulatorClock(simulator: self) }
    /// How many jobs it has run.
    public var jobs: Int { state.withLock { $0.ran } }
    /// How many jobs came from other threads.
    public var escapes: Int { state.withLock { $0.escapes } }

    /// Runs a body, and all that it begins as its children, to its end on the calling thread, and gives what it gives. The time goes on from
    /// where an earlier body left it. Throws what the body throws, and ``Stuck``.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let end = Mutex<Swift.Result<Result, any Error>?>(nil)
        state.withLock { $0.thread = pthread_self() }
        defer { state.withLock { $0.thread = nil } }
        Task(executorPreference: self) {
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            end.withLock { $0 = result }
        }
        while true {
            if let job = takeJob() {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if let result = end.withLock({ $0 }) {
                return try result.get()
            } else if !wakeEarliest() {
                throw state.withLock { Stuck(at: $0.now, escapes: $0.escapes) }
            }
        }
    }

    /// Takes a job, as every executor does.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { state in
            if let thread = state.thread, pthread_equal(thread, pthread_self()) == 0 { state.escapes += 1 }
            state.jobs.append(job)
        }
    }

    private func takeJob() -> UnownedJob? {
        state.withLock { state in
            guard state.first < state.jobs.count else {
                state.jobs.removeAll(keepingCapacity: true)
                state.first = 0
                return nil
            }
            defer { state.first += 1 }
            state.ran += 1
            return state.jobs[state.first]
        }
    }

    /// Moves the time to the earliest sleeper and wakes it; false where nobody sleeps.
    private func wakeEarliest() -> Bool {
        let sleeper = state.withLock { state in
            let sleeper = state.sleepers.takeEarliest()
            if let sleeper { state.now = max(state.now, sleeper.until) }
            return sleeper
        }
        sleeper?.continuation.resume(returning: true)
        return sleeper != nil
    }

    // MARK: Sleeping (SimulatorClock)

    fileprivate func newSleep() -> UInt64 { state.withLock { $0.sleepers.newNumber() } }

    /// Registers a sleeper; one that was called off by then goes on at once.
    fileprivate func sleep(_ number: UInt64, until: Duration, _ continuation: CheckedContinuation<Bool, Never>) {
        let isCalledOff = state.withLock { state in
            !state.sleepers.add(Sleepers.Sleeper(until: until, number: number, continuation: continuation))
        }
        if isCalledOff { continuation.resume(returning: false) }
    }

    fileprivate func callOff(_ number: UInt64) { state.withLock { $0.sleepers.callOff(number) }?.resume(returning: false) }
    fileprivate func forget(_ number: UInt64) { state.withLock { $0.sleepers.forget(number) } }
}

/// The time of a simulation: it stands still while anything can run, and then jumps to the next moment that somebody waits for.
public struct SimulatorClock: Clock {
    let simulator: Simulator

    /// The present moment.
    public var now: Simulator.Instant { simulator.now }
    /// None: the time is counted exactly.
    public var minimumResolution: Duration { .zero }

    /// Waits until the moment; those who wait for the same one go on in the order in which they came. Throws where the task is cancelled, at
    /// once.
    public func sleep(until deadline: Simulator.Instant, tolerance: Duration?) async throws {
        let number = simulator.newSleep()
        defer { simulator.forget(number) }
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { simulator.sleep(number, until: deadline.elapsed, $0) }
        } onCancel: {
            simulator.callOff(number)
        }
        guard isOver else { throw CancellationError() }
    }
}

/// Who sleeps, the earliest first, and of those of one moment the first that came: a binary heap beside a table, in which those who were
/// called off are missing.
private struct Sleepers {
    struct Sleeper {
        let until: Duration
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }
    private struct Place {
        let until: Duration
        let number: UInt64
        func isBefore(_ other: Place) -> Bool { (until, number) < (other.until, other.number) }
    }
    private var heap: [Place] = []
    private var sleeping: [UInt64: Sleeper] = [:]
    /// Called off before they slept.
    private var calledOff: Set<UInt64> = []
    private var last: UInt64 = 0

    mutating func newNumber() -> UInt64 {
        last += 1
        return last
    }

    /// False for one that was called off before.
    mutating func add(_ sleeper: Sleeper) -> Bool {
        guard calledOff.remove(sleeper.number) == nil else { return false }
        sleeping[sleeper.number] = sleeper
        heap.append(Place(until: sleeper.until, number: sleeper.number))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return true
    }

    mutating func takeEarliest() -> Sleeper? {
        while let place = heap.first {
            removeFirst()
            if let sleeper = sleeping.removeValue(forKey: place.number) { return sleeper }
        }
        return nil
    }

    /// Whom to tell; nil for one that does not sleep yet, or no more.
    mutating func callOff(_ number: UInt64) -> CheckedContinuation<Bool, Never>? {
        if let sleeper = sleeping.removeValue(forKey: number) { return sleeper.continuation }
        calledOff.insert(number)
        return nil
    }

    mutating func forget(_ number: UInt64) { calledOff.remove(number) }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let children = (2 * parent + 1..<2 * parent + 3).filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].isBefore(heap[$1]) }), heap[least].isBefore(heap[parent]) else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
