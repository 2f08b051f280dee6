// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether the other end of a connection has gone away, and who waits to hear of it.
final class Departure: Sendable {
    private struct State {
        var isGone = false
        var count = 0
        var waiting: [Int: AsyncStream<Never>.Continuation] = [:]
    }
    private let state = Mutex(State())

    /// It has gone; a repeat is harmless.
    func leave() {
        let waiting = state.withLock { state in
            state.isGone = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for one in waiting { one.finish() }
    }

    /// Returns once it has gone, or the task was cancelled.
    private func wait() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let number = state.withLock { state -> Int? in
            guard !state.isGone else { return nil }
            state.count += 1
            state.waiting[state.count] = continuation
            return state.count
        }
        guard let number else { return }
        for await _ in stream {}
        state.withLock { _ = $0.waiting.removeValue(forKey: number) }
    }

    /// Does something for as long as somebody is there to hear of it: it is cancelled once the other end has gone.
    func unlessGone<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask { try await body() }
            tasks.addTask {
                await self.wait()
                return nil
            }
            while let ended = try await tasks.next() {
                tasks.cancelAll()
                if let ended { return ended }
            }
            throw CancellationError()
        }
    }
}
