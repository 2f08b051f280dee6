// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// One queue on which blocking file calls run, so that a slow disk never holds the threads of the cooperative pool
/// (two of them on a small host: ten slow writes there would stop every other task of the daemon).
final class FileQueue: SerialExecutor {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// Work on one queue, one piece at a time.
actor FileLane {
    private let queue: FileQueue

    init(_ queue: FileQueue) { self.queue = queue }

    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// Runs blocking calls on the lane's queue.
    func run<Value: Sendable>(_ body: @Sendable () throws -> Value) throws -> Value { try body() }
}

/// A few lanes; what is about one object always takes the same, so two commands on one object never meet.
struct FileLanes: Sendable {
    private let lanes: [FileLane]

    init(_ label: String, count: Int) {
        lanes = (0..<max(1, count)).map { FileLane(FileQueue("lyceum.store.\(label).\($0)")) }
    }

    func lane(for name: String) -> FileLane {
        lanes[Int(name.utf8.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1) } % UInt32(lanes.count))]
    }
}
