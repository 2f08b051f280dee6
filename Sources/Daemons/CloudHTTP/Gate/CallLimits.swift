// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// How much one person may ask for at a time: a token bucket for the rate and a count for what is under way.
public final class CallLimits: Sendable {
    /// The figures.
    public struct Figures: Hashable, Sendable {
        /// Requests a second, in the long run.
        public var rate: Int
        /// Requests at once after a pause.
        public var burst: Int
        /// Requests under way at the same time, waiting ones included.
        public var concurrent: Int
        /// Figures.
        public init(rate: Int = 50, burst: Int = 200, concurrent: Int = 64) {
            self.rate = rate
            self.burst = burst
            self.concurrent = concurrent
        }
    }

    private struct Account {
        var tokens: Double
        var at: Duration
        var underWay = 0
    }

    private let live: Live<Figures>
    private var figures: Figures { live.value }
    private let elapsed: @Sendable () -> Duration
    private let accounts = Mutex<[ID<UserKind>: Account]>([:])

    /// Limits by a clock that never jumps back: `elapsed` is the time since any fixed moment.
    public init(_ figures: Figures, elapsed: @escaping @Sendable () -> Duration) {
        live = Live(figures)
        self.elapsed = elapsed
    }

    /// Changes the figures for the requests that come from now on; those that are under way stay.
    public func set(_ figures: Figures) { live.set(figures) }

    /// Lets a request in, or throws `rate-limited` with the seconds to wait, or `calls-under-way`. It counts as under way for as long as
    /// its slot is held.
    func enter(_ user: ID<UserKind>) throws(CloudError) -> CallSlot {
        let now = elapsed()
        let refusal = accounts.withLock { accounts -> CloudError? in
            if accounts.count > 10_000 {
                accounts = accounts.filter { $0.value.underWay > 0 || refilled($0.value, now) < Double(figures.burst) }
            }
            var account = accounts[user] ?? Account(tokens: Double(figures.burst), at: now)
            account.tokens = refilled(account, now)
            account.at = now
            defer { accounts[user] = account }
            guard account.underWay < figures.concurrent else { return CloudError(.callsUnderWay, ["limit": String(figures.concurrent)]) }
            guard account.tokens >= 1 else {
                let wait = max(1, Int(((1 - account.tokens) / Double(max(1, figures.rate))).rounded(.up)))
                return CloudError(.rateLimited, ["retryAfter": String(wait)])
            }
            account.tokens -= 1
            account.underWay += 1
            return nil
        }
        if let refusal { throw refusal }
        return CallSlot { [self] in leave(user) }
    }

    /// A request has ended.
    private func leave(_ user: ID<UserKind>) {
        accounts.withLock { accounts in
            if let underWay = accounts[user]?.underWay { accounts[user]?.underWay = max(0, underWay - 1) }
        }
    }

    private func refilled(_ account: Account, _ now: Duration) -> Double {
        let passed = Double((now - account.at).wholeMilliseconds) / 1000
        return min(Double(figures.burst), account.tokens + max(0, passed) * Double(figures.rate))
    }
}

/// A place among the requests under way. It is given back once: at ``end()``, or with the last who holds it, for an answer whose head
/// could not be written is dropped, and the function of its stream never runs.
final class CallSlot: Sendable {
    private let isHeld = Mutex(true)
    private let release: @Sendable () -> Void

    init(release: @escaping @Sendable () -> Void) { self.release = release }

    /// Gives the place back; a repeat is harmless.
    func end() {
        let wasHeld = isHeld.withLock { held in
            defer { held = false }
            return held
        }
        if wasHeld { release() }
    }

    deinit { end() }
}
