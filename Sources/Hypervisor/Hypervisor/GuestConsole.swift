// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// Reaches a guest as somebody who sits in front of it does.
public protocol GuestConsole: Sendable {
    /// Opens a console of a guest, running or paused. It changes nothing on the host, so the fence is no claim: it is refused with
    /// `fence-stale` where the host has seen a newer one. Refused with `not-found` where there is no guest of ours, with `state-forbids`
    /// where its processors are off.
    ///
    /// Any number of displays may be open; of the serial line there is one: whoever opens it anew ends the one before.
    func openConsole(_ kind: ConsoleKind, of instance: ID<InstanceKind>, under fence: Fence) async throws -> any ConsoleChannel
    /// The instances of which something lies on the host that consoles end in (a log, a socket), sorted: of a guest from its start until it
    /// is taken off, over suspend and wake.
    func consoles() async throws -> [ID<InstanceKind>]
}

/// Bytes to and from a console, until either end closes it or the guest is gone. One read and one write at a time. Both ends are
/// bounded: what is not read stays with the guest, which waits.
public protocol ConsoleChannel: Sendable {
    /// The next bytes, 1 to ``ConsoleLimits/piece`` of them, once there are any; nil at the end. A read that is cancelled ends the channel.
    func read() async throws -> [UInt8]?
    /// Writes all bytes; returns once the guest's side has taken them. Throws `unavailable` where the channel has ended. A write that is
    /// cancelled ends the channel.
    func write(_ bytes: [UInt8]) async throws
    /// Ends the channel; a repeat is harmless.
    func close()
}

/// The figures of consoles.
public enum ConsoleLimits {
    /// The most bytes that one read gives.
    public static let piece = 64 * 1024

    /// The refusal of whoever writes to a console that has ended.
    public static var ended: CloudError { CloudError(.unavailable, ["part": "console"]) }

    /// The refusal of a console of a guest that is off.
    public static func off(_ instance: ID<InstanceKind>, _ power: GuestSighting.Power) -> CloudError {
        CloudError(
            .stateForbids, ["verb": Verb.console.rawValue, "state": power.rawValue, "object": instance.text, "allowed": "running, paused"])
    }
}
