// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// The threads on which the fabric works, a few queues in turn: it reads, writes and syncs files between its calls of programs, and a
/// disk that is slow to sync would otherwise hold the threads of the cooperative pool (two of them on a small host: two slow syncs
/// there would stop every other task of the daemon).
///
/// It is a preference of the fabric's tasks and not an actor's executor, because what blocks is not one call but a step here and there
/// in the whole of the work, which for different ports and networks goes on side by side.
final class FileThreads: TaskExecutor {
    private let queues = (0..<4).map { DispatchQueue(label: "lyceum.fabric.\($0)") }
    private let next = Atomic<Int>(0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        queues[turn & 3].async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
