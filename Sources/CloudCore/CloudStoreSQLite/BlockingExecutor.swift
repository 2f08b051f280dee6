// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Runs the jobs of an actor on a thread of its own, first come first served, so that a statement which waits for the disk holds no
/// thread of the cooperative pool (which has as many as there are processors).
final class BlockingExecutor: SerialExecutor, Sendable {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Lets `assumeIsolated` work in what ``afterWhatWaits(_:)`` runs.
    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }

    /// Runs something after every job that waits now.
    func afterWhatWaits(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    /// Runs something here and gives what it gives.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
