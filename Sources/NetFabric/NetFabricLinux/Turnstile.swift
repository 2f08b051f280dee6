// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets one call at a time pass for each key, in the order in which they came; calls under different keys do not wait for each
/// other. A waiter that is cancelled still waits for its turn, which is bounded because every program's time is.
final class Turnstile: Sendable {
    private let waiting = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    func pass<Result>(_ key: String, _ body: () async throws -> Result) async throws -> Result {
        await enter(key)
        defer { leave(key) }
        try Task.checkCancellation()
        return try await body()
    }

    /// How many stand in line, without the one that passes; for tests.
    func waiters(_ key: String) -> Int { waiting.withLock { $0[key]?.count ?? 0 } }

    private func enter(_ key: String) async {
        await withCheckedContinuation { continuation in
            let free = waiting.withLock { waiting in
                guard waiting[key] != nil else {
                    waiting[key] = []
                    return true
                }
                waiting[key]?.append(continuation)
                return false
            }
            if free { continuation.resume() }
        }
    }

    private func leave(_ key: String) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var queue = waiting[key], !queue.isEmpty else {
                waiting[key] = nil
                return nil
            }
            let first = queue.removeFirst()
            waiting[key] = queue
            return first
        }
        next?.resume()
    }
}
