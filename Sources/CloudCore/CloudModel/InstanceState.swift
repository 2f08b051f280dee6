// SPDX-License-Identifier: Apache-2.0

/// The state of an instance, and the only ways between two of them.
///
/// ```
///            started                  suspended
///  pending ───────────▶ running ◀─────────────────▶ suspended
///                       │  ▲  ▲        woken
///                 paused│  │  └─── started ─── stopped, failed
///                       ▼  │resumed
///                      paused
///
///  paused ── suspended ──▶ suspended (woken it runs: its processors do not stand still any more)
///  running, paused, suspended ── stopped ───▶ stopped     any but destroyed ── failed ────▶ failed
///  any but pending, destroyed ── forcedOff ──▶ stopped    any but destroyed ── destroyed ─▶ destroyed (in the trash)
///  pending ── forcedOff ──▶ pending                   destroyed ── recovered ──▶ stopped
///  running, stopped, failed ── recalled ──▶ suspended (a checkpoint's memory)
/// ```
/// Forced off from pending, suspended or stopped happens where force off takes over from a start or a wake that is stuck
/// (``Verb/takesOver``): alone the verb is not allowed there (``Verb/allowedStates``). From suspended it is stopped, or failed, where a wake
/// is taken back whose guest ended by itself: what it slept with is spent.
///
/// In progress is not a state: it is the operation that holds the instance. `unknown` is not one either: it is what is *shown*
/// while evidence is stale (CloudOperations' `ShownState`).
public enum InstanceState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Never started.
    case pending
    /// Has a running domain.
    case running
    /// Its processors stand still, its memory is on the host.
    case paused
    /// Its memory is on disk and its host released.
    case suspended
    /// Off.
    case stopped
    /// Broken, with a reason.
    case failed
    /// In the trash.
    case destroyed

    /// What can happen to an instance.
    public enum Event: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its domain runs.
        case started
        /// Its memory was saved and the domain is gone.
        case suspended
        /// Its memory was restored and the domain runs.
        case woken
        /// The guest shut itself down.
        case stopped
        /// Its power was cut.
        case forcedOff
        /// Its processors were stopped.
        case paused
        /// Its processors go on.
        case resumed
        /// It broke, with a reason.
        case failed
        /// It was put into the trash.
        case destroyed
        /// A checkpoint's memory and disk took the place of its own.
        case recalled
        /// It was taken out of the trash.
        case recovered
    }

    /// The state after an event; nil where the table has no such way, which is a refusal for the caller to word.
    public func after(_ event: Event) -> InstanceState? {
        switch (self, event) {
        case (.pending, .started), (.stopped, .started), (.failed, .started): .running
        case (.running, .suspended), (.paused, .suspended): .suspended
        case (.suspended, .woken): .running
        case (.running, .stopped), (.paused, .stopped), (.suspended, .stopped): .stopped
        case (.pending, .forcedOff): .pending
        case (.destroyed, .forcedOff): nil
        case (_, .forcedOff): .stopped
        case (.running, .paused): .paused
        case (.paused, .resumed): .running
        case (.destroyed, .failed), (.destroyed, .destroyed): nil
        case (_, .failed): .failed
        case (_, .destroyed): .destroyed
        case (.destroyed, .recovered): .stopped
        case (.running, .recalled), (.stopped, .recalled), (.failed, .recalled): .suspended
        default: nil
        }
    }

    /// Whether a host holds processors and memory for an instance in this state.
    public var holdsHost: Bool { self == .running || self == .paused }
}
