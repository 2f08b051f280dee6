// SPDX-License-Identifier: Apache-2.0

/// Where a simulated part stands with one call when it asks its ``FaultHook``.
public enum EffectPhase: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing has happened yet: what is thrown here means that the call never arrived.
    case before
    /// The effect is there and kept: what is thrown here means that the answer was lost.
    case after
}

/// A command on its way to a simulated part, for a ``FaultHook`` that lets it arrive once more, or late.
public struct CommandCopy: Sendable {
    /// The command about which the hook is being asked; nil where the call changes nothing.
    @TaskLocal public static var current: CommandCopy?
    /// Who asks.
    public let command: Command
    private let work: @Sendable () throws -> Void

    /// A copy of a command with what the part does when it arrives.
    public init(of command: Command, _ work: @escaping @Sendable () throws -> Void) {
        self.command = command
        self.work = work
    }

    /// Lets it arrive now, without asking the hook again. Throws what the part refuses it with.
    public func deliver() throws { try work() }
}

/// What a simulated host, fabric or store asks around each of its effects, so that a test can make it slow, refuse or end the
/// manager there. Called with the ability's call (`overlay.ensure`), the subject's id and the phase. It may suspend on a simulated
/// clock, and may throw a ``CloudError`` (a refusal), an ``OutcomeUnknown`` (a lost answer) or anything else (the manager ends). Around a
/// command ``CommandCopy/current`` is that command.
public typealias FaultHook = @Sendable (_ call: String, _ subject: String, _ phase: EffectPhase) async throws -> Void
