// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// What is wrong at the moment, and what is still on its way.
final class Troubles: Sendable {
    /// Something that is wrong for a while.
    enum Kind: Sendable, Hashable {
        /// Calls to a host come to this.
        case reach(ID<HostKind>, Scenario.Reach)
        /// A host's store is full; it had so much room.
        case storeFull(ID<HostKind>, capacity: ByteCount)
        /// The manager of this number commits nothing any more.
        case recordsFailed(manager: Int)
    }

    /// A command that arrives once more, or late.
    struct Late: Sendable {
        let host: ID<HostKind>
        let subject: String
        /// For the log.
        let what: String
        let copy: CommandCopy
        /// Whether it was carried out before.
        let isDouble: Bool
        let due: Duration
    }

    private struct State {
        /// What becomes of the calls of hosts, as a story says.
        var told: [ID<HostKind>: Scenario.Reach] = [:]
        /// In the order of coming.
        var open: [(kind: Kind, until: Duration)] = []
        var late: [Late] = []
        var clockAhead = Duration.zero
        var clockWasSet = false
    }
    private let state = Mutex(State())

    /// What becomes of the calls of a host: as a story says, or else as chance does.
    func reach(of host: ID<HostKind>) -> Scenario.Reach {
        state.withLock { state in
            if let told = state.told[host], told != .whole { return told }
            for trouble in state.open { if case .reach(host, let reach) = trouble.kind { return reach } }
            return .whole
        }
    }
    func set(_ reach: Scenario.Reach, of host: ID<HostKind>) { state.withLock { $0.told[host] = reach } }

    /// Something goes wrong until then.
    func begin(_ kind: Kind, until: Duration) { state.withLock { $0.open.append((kind, until)) } }
    /// Whether something is wrong that is like this.
    func contains(_ isSo: (Kind) -> Bool) -> Bool { state.withLock { $0.open.contains { isSo($0.kind) } } }

    /// What is over by now, or all of it (nil), in the order of coming.
    func takeOver(by now: Duration?) -> [Kind] {
        state.withLock { state in
            let over = state.open.filter { trouble in now.map { trouble.until <= $0 } ?? true }
            if let now { state.open.removeAll { $0.until <= now } } else { state.open = [] }
            return over.map(\.kind)
        }
    }

    /// Whether a command is still on its way that nobody waits for.
    var hasLate: Bool { state.withLock { !$0.late.isEmpty } }
    func send(_ late: Late) { state.withLock { $0.late.append(late) } }

    /// The commands that arrive by now, the earliest first.
    func takeArrived(by now: Duration) -> [Late] {
        state.withLock { state in
            guard state.late.contains(where: { $0.due <= now }) else { return [] }
            let arrived = state.late.filter { $0.due <= now }
            state.late.removeAll { $0.due <= now }
            return arrived.enumerated().sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }.map(\.element)
        }
    }

    /// The commands of a run that arrive before its next on the same thing: one that speaks to a host for a run keeps their order.
    func takeBefore(_ command: Command, on subject: String, at host: ID<HostKind>) -> [Late] {
        func isBefore(_ late: Late) -> Bool {
            !late.isDouble && late.host == host && late.subject == subject && late.copy.command.run == command.run
        }
        return state.withLock { state in
            let before = state.late.filter(isBefore)
            if !before.isEmpty { state.late.removeAll(where: isBefore) }
            return before
        }
    }

    /// The clock is set by so much.
    func clockJumps(by duration: Duration) {
        state.withLock { state in
            state.clockAhead += duration
            state.clockWasSet = true
        }
    }
    /// Whether chance has ever set the clock.
    var clockWasSet: Bool { state.withLock { $0.clockWasSet } }
    /// By how much chance has set the clock, which is put right now.
    func takeClockAhead() -> Duration {
        state.withLock { state in
            defer { state.clockAhead = .zero }
            return state.clockAhead
        }
    }
}
