// SPDX-License-Identifier: Apache-2.0

/// That a run came to an end, or to where it can go neither forward nor back by itself: for logs and figures. A refusal of the first
/// commit of a submitted run is none, for there is no run then; the submitter has it.
public struct RunNews: Hashable, Sendable {
    /// What became of the run.
    public enum Outcome: Hashable, Sendable {
        /// It ended as asked.
        case done
        /// It was refused, and took back what it did.
        case undone(RunFailure)
        /// Another run took over what it held.
        case superseded
        /// It is tried again later; told at each attempt (``StuckPoint/attempts``).
        case stuck(StuckPoint)

        /// `done`, `undone`, `superseded` or `stuck`.
        public var word: String {
            switch self {
            case .done: "done"
            case .undone: "undone"
            case .superseded: "superseded"
            case .stuck: "stuck"
            }
        }
    }

    /// The run.
    public let run: RunID
    /// The run that recorded it; nil for one that was submitted.
    public let parent: RunID?
    /// The kind of its operation.
    public let kind: String
    /// What it is about, as the embedder spells it.
    public let object: String
    /// What became of it.
    public let outcome: Outcome

    /// News of a run.
    public init(run: RunID, parent: RunID?, kind: String, object: String, outcome: Outcome) {
        self.run = run
        self.parent = parent
        self.kind = kind
        self.object = object
        self.outcome = outcome
    }
}
