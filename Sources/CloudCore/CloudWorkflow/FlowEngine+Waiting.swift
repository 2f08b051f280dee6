// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

// Waiting: announced before the first look, given up where it is no longer wanted, recorded with what comes next.

extension FlowEngine {
    /// How often a run that waits looks into the store whether it was taken over; a request to stop is heard at the next look outside.
    static var wantedInterval: Duration { .seconds(5) }

    func waiting<Output: Codable & Sendable>(
        for what: String, every interval: Duration, limit: Duration, _ poll: @escaping @Sendable () async throws -> Output?
    ) async throws -> Output? {
        let name = "wait for \(what)"
        if case .recorded(let text) = try state.withLock({ try $0.replay.visit(name, in: []) }) {
            return try context.coding.value(Output?.self, from: text)
        }
        guard !unwinding else { throw UnwindingReached() }
        context.declare(name, irreversible: nil)
        try await announceWaiting(for: what)
        try await border(.beforeEffect, name)
        var found = try await look(poll)
        var (waited, unasked) = (Duration.zero, Duration.zero)
        while found == nil, waited < limit {
            try await context.clock.sleep(for: interval)
            waited += interval
            unasked += interval
            // A look at the guest is cheap, one into the store waits for a thread; and whoever was taken over is stopped by its next line.
            guard unasked >= Self.wantedInterval || context.isAskedToStop() else {
                found = try await look(poll)
                continue
            }
            unasked = .zero
            if try await context.current().cancelRequested {
                // Not journaled: nothing came, and the limit did not pass. On the way back the wait is met as new, and that is its end.
                guard state.withLock({ $0.isPastReturn }) else { throw context.cancelled }
                break
            }
            found = try await look(poll)
        }
        let line = JournalEntry(.stepped, name, output: try context.coding.text(found))
        state.withLock { $0.pending = line }
        try await context.probe(.afterStep, name)
        return found
    }

    /// From here on others may take over, also during the first look: it may last long. The line of what was done before goes with it.
    private func announceWaiting(for what: String) async throws {
        let (follows, pending, percent) = state.withLock { state in
            defer { state.follows = .more }
            return (state.follows, state.pending, state.percent)
        }
        switch follows {
        case .more: break
        case .wait(what): return
        case .wait, .end: throw StepOutOfPlace(step: "wait for \(what)")
        }
        let context = context
        let isCancelled = try await context.transaction { _, journal in
            let record = try pending.map { try context.append($0, percent: percent, to: journal) }
            try Follows.wait(what).record(output: "", of: context.id, in: journal)
            return record?.cancelRequested
        }
        state.withLock { state in
            state.pending = nil
            state.cancelRequested = isCancelled ?? state.cancelRequested
        }
    }

    /// One look; a lost answer has shown nothing yet.
    private func look<Output>(_ poll: @Sendable () async throws -> Output?) async throws -> Output? {
        do { return try await poll() } catch is any UnknownOutcome { return nil }
    }
}
