// SPDX-License-Identifier: Apache-2.0

/// The number that grows whenever a run claims an instance for effects on a host. A host refuses a command with an older one, so
/// what a partition delayed cannot harm what came after (invariant I37).
public struct Fence: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The number; 0 before the first claim.
    public let number: Int64
    /// A fence of a stored number.
    public init(_ number: Int64) { self.number = number }
    /// The next, for a new claim.
    public var next: Fence { Fence(number + 1) }
    /// Older is smaller.
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    /// The number.
    public var description: String { String(number) }
    /// Reads the integer.
    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(Int64.self) }
    /// Writes the integer.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// Who asks a host for an effect: the run and its step, and the fence under which it does so.
///
/// A host remembers the result of (run, step) until it sees a newer fence, so a repeat returns the first result and does nothing; a
/// command whose fence is older than one the host has seen for the same subject is refused with ``ErrorCode/fenceStale``.
public struct Command: Hashable, Sendable, Codable {
    /// The operation's run.
    public let run: ID<OperationKind>
    /// The step in the run, unique in it. An undo has a key of its own.
    public let step: String
    /// The claim's fence.
    public let fence: Fence

    /// A command of one step of one run.
    public init(run: ID<OperationKind>, step: String, fence: Fence) {
        self.run = run
        self.step = step
        self.fence = fence
    }

    /// Whether this takes back what its run did before: the step is an undo (`…/undo`), or one of the commands that an undo needs (`…/undo/off`).
    public var isUndo: Bool { Self.isUndo(step) }
    static func isUndo(_ step: String) -> Bool { step.hasSuffix("/undo") || step.contains("/undo/") }
}

/// A place in a host's list of changes: opaque to the reader, handed back to get what came after.
public struct ChangeCursor: Hashable, Sendable, Codable {
    /// The host's boot id and a number, as the host spells it; empty is "from now".
    public let text: String
    /// A cursor as the host gave it.
    public init(_ text: String) { self.text = text }
    /// Begins at the present.
    public static let now = ChangeCursor("")
}

/// What a host knows of an effect whose answer was lost.
public enum Evidence<Value: Sendable & Codable>: Sendable, Codable {
    /// It is there, as asked.
    case present(Value)
    /// It is not there.
    case absent
}
extension Evidence: Equatable where Value: Equatable {}
