// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// When each host was last asked for its word by this manager, whether it answered or not.
///
/// A placement refuses hosts whose word is old. After the manager itself was away (it has just begun, its process was stopped, its machine
/// slept) every word is old, and that says nothing about the hosts: the placement waits for the next look then, where somebody looks.
///
/// For the same reason a host is called silent by what was asked of it, and not by the age of its word: for so long this process lived
/// without an answer. Time is counted where it is slept, a little at a time, so that neither a clock that is set nor a process that stood
/// still blames a host.
final class HostLooks: Sendable {
    fileprivate struct State {
        /// The hosts that are looked at, how often, and by which clock one waits; nil while nobody looks.
        var watch: (hosts: [ID<HostKind>], interval: Duration, clock: any Clock<Duration>)?
        var lookedAt: [ID<HostKind>: Timestamp] = [:]
        /// Hosts that were asked and have not answered since, and how long this process lived meanwhile.
        var unanswered: [ID<HostKind>: Duration] = [:]
        var waiting: [AsyncStream<Void>.Continuation] = []
    }
    private let state = Mutex(State())

    /// From now on somebody looks at these hosts.
    func begin(_ hosts: [ID<HostKind>], every interval: Duration, by clock: any Clock<Duration>) {
        state.withLock { $0.watch = (hosts, interval, clock) }
    }

    /// From now on nobody does; who waits goes on.
    func end() {
        let waiting = state.withLock { state in
            state.watch = nil
            state.unanswered = [:]
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.finish() }
    }

    /// A host was asked; it answered or did not.
    func looked(at host: ID<HostKind>, _ now: Timestamp, freshness: Duration) {
        let waiting = state.withLock { state in
            state.lookedAt[host] = now
            return state.isRecent(now, freshness) ? state.takeWaiting() : []
        }
        for continuation in waiting { continuation.finish() }
    }

    /// A host is asked for its word now.
    func asks(_ host: ID<HostKind>) { state.withLock { state in if state.unanswered[host] == nil { state.unanswered[host] = .zero } } }

    /// It answered, if only by a refusal.
    func hears(_ host: ID<HostKind>) { state.withLock { $0.unanswered[host] = nil } }

    /// How much this process lives at a time, between two counts.
    static let moment = Duration.seconds(1)

    /// This process lived a moment.
    func lived() { state.withLock { state in for host in state.unanswered.keys { state.unanswered[host, default: .zero] += Self.moment } } }

    /// Whether a host was asked, and did not answer for longer than its word would be fresh.
    func isSilent(_ host: ID<HostKind>, freshness: Duration) -> Bool { state.withLock { $0.unanswered[host] ?? .zero > freshness } }

    /// Waits, where somebody looks, until each host was asked within the time that a word is fresh, but no longer than one look takes to
    /// come round: a host that keeps silent holds nobody up.
    func recent(_ now: Timestamp, freshness: Duration) async {
        let wait = state.withLock { state -> (AsyncStream<Void>, Duration, any Clock<Duration>)? in
            guard let watch = state.watch, !state.isRecent(now, freshness) else { return nil }
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            state.waiting.append(continuation)
            return (stream, watch.interval, watch.clock)
        }
        guard let (looked, interval, clock) = wait else { return }
        await withTaskGroup(of: Void.self) { first in
            first.addTask { for await _ in looked {} }
            // Cancelled as soon as the look came first: then nothing is left to wait for.
            first.addTask { do { try await clock.sleep(for: interval) } catch {} }
            await first.next()
            first.cancelAll()
        }
    }
}

extension HostLooks.State {
    fileprivate func isRecent(_ now: Timestamp, _ freshness: Duration) -> Bool {
        watch?.hosts.allSatisfy { host in lookedAt[host].map { now - $0 <= freshness } ?? false } ?? true
    }
    fileprivate mutating func takeWaiting() -> [AsyncStream<Void>.Continuation] {
        defer { waiting = [] }
        return waiting
    }
}
