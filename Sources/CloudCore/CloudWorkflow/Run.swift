// SPDX-License-Identifier: Apache-2.0

/// The name of one run. Opaque here; whoever embeds the workflow chooses it before anything else happens.
public struct RunID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The name.
    public let text: String
    /// A run of that name.
    public init(_ text: String) { self.text = text }
    /// By the texts.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    /// The name.
    public var description: String { text }
    /// Reads the text.
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// How far a run has come.
///
/// ```
///  queued ──▶ running ◀──▶ waiting          (for a guest: may be superseded)
///               │   │          │
///               │   └──────────┴──▶ done
///               ▼
///           unwinding ──▶ undone            (a refusal: the world is as before)
///               │  ▲
///               ▼  │ tried again with back-off
///             stuck ──▶ superseded          (by one that takes its undos over)
/// ```
/// `running` becomes `stuck` too, where a step's outcome stays unknown or its journal does not fit its code.
public enum RunState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Recorded by another run; its first commit is still to come.
    case queued
    /// Goes forward.
    case running
    /// Waits for something outside, holding nothing that others could not take over.
    case waiting
    /// Was refused and takes back what it did.
    case unwinding
    /// Can go neither forward nor back by itself now; tried again later.
    case stuck
    /// Ended as asked.
    case done
    /// Ended, and took back whatever it had done.
    case undone
    /// Another run took over what it held.
    case superseded

    /// Whether nothing more will happen to the run.
    public var isTerminal: Bool { self == .done || self == .undone || self == .superseded }
    /// Whether another run may take over what this one holds.
    public var isInterruptible: Bool { self == .waiting || self == .stuck || isTerminal }
}

/// A refusal or failure as a journal keeps it.
public struct RunFailure: Hashable, Sendable, Codable {
    /// Which.
    public let code: String
    /// What its sentence needs.
    public let parameters: [String: String]
    /// For the log only.
    public let detail: String?
    /// A failure.
    public init(code: String, parameters: [String: String] = [:], detail: String? = nil) {
        self.code = code
        self.parameters = parameters
        self.detail = detail
    }
}

/// An error that is a decision: it unwinds the run. Every other error (a cancellation, the end of the manager) stops the run where it
/// is, for the journal says where.
public protocol Refusal: Error {
    /// The refusal as a journal keeps it.
    var failure: RunFailure { get }
}

/// An error that says that nobody knows whether the effect happened. The step is observed, or asked again under the same key, and
/// never called failed.
public protocol UnknownOutcome: Error {}

/// Where a stuck run stands.
public struct StuckPoint: Hashable, Sendable, Codable {
    /// The step.
    public let step: String
    /// True while taking it back, false while doing it.
    public let undoing: Bool
    /// What was said last.
    public let failure: RunFailure
    /// How often it was tried.
    public let attempts: Int
    /// A point.
    public init(step: String, undoing: Bool, failure: RunFailure, attempts: Int) {
        self.step = step
        self.undoing = undoing
        self.failure = failure
        self.attempts = attempts
    }
}

/// One run as its row says.
public struct RunRecord: Hashable, Sendable, Codable {
    /// Its name.
    public var id: RunID
    /// The kind of its operation.
    public var kind: String
    /// The version of the operation that wrote its journal.
    public var version: Int
    /// The operation's values, JSON; secrets sealed.
    public var input: String
    /// Who asked, as the embedder spells it.
    public var actor: String
    /// What it is about, as the embedder spells it.
    public var object: String
    /// The run that recorded it; nil for one that was submitted.
    public var parent: RunID?
    /// How far it has come.
    public var state: RunState
    /// What it waits for; nil unless it waits.
    public var waitingFor: String?
    /// 0 to 100.
    public var percent: Int
    /// Whether it was asked to stop at the next step border.
    public var cancelRequested: Bool
    /// Why it was refused; nil unless it was.
    public var failure: RunFailure?
    /// Where it is stuck; nil unless it is.
    public var stuck: StuckPoint?
    /// What it gave, JSON; nil until done.
    public var output: String?

    /// A run that begins.
    public init(
        id: RunID, kind: String, version: Int, input: String, actor: String, object: String, parent: RunID? = nil,
        state: RunState = .running
    ) {
        self.id = id
        self.kind = kind
        self.version = version
        self.input = input
        self.actor = actor
        self.object = object
        self.parent = parent
        self.state = state
        percent = 0
        cancelRequested = false
    }
}

extension RunRecord {
    /// Ends the run as it was asked for; the output is JSON.
    mutating func end(giving output: String) {
        state = .done
        percent = 100
        self.output = output
        waitingFor = nil
        stuck = nil
    }

    /// Ends the run because another takes over what it held: it waits for nothing, is stuck nowhere, and says who took it over.
    /// Harmless for a terminal run; throws ``RunBusy`` for one that is at work.
    public mutating func supersede(by other: RunID) throws(RunBusy) {
        guard !state.isTerminal else { return }
        guard state.isInterruptible else { throw RunBusy(run: id) }
        state = .superseded
        waitingFor = nil
        stuck = nil
        failure = RunFailure(code: "superseded", parameters: ["operation": id.text, "by": other.text])
    }
}

/// One line of a run's journal.
public struct JournalEntry: Hashable, Sendable, Codable {
    /// What the line says.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// A transaction was made; the line is in it.
        case committed
        /// A step was done; `output` is what it gave.
        case stepped
        /// The run was refused and unwinds; `output` is the ``RunFailure``.
        case unwinding
        /// A step or transaction was taken back.
        case undone
    }
    /// What the line says.
    public let kind: Kind
    /// The name of the step or commit; empty for `unwinding`.
    public let name: String
    /// JSON; empty where there is nothing to say.
    public let output: String
    /// A line.
    public init(_ kind: Kind, _ name: String, output: String = "") {
        self.kind = kind
        self.name = name
        self.output = output
    }
}
