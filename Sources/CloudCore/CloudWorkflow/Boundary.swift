// SPDX-License-Identifier: Apache-2.0

/// A place in a run at which a manager could die, an effect could be refused or its answer be lost. Checks and simulations stand
/// there; in a daemon nobody does.
public struct Boundary: Hashable, Sendable, Codable {
    /// Which kind of place.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Before a transaction.
        case beforeCommit
        /// After a transaction, before the run goes on.
        case afterCommit
        /// Before a step's effect.
        case beforeEffect
        /// After a step's effect, before it is journaled.
        case afterEffect
        /// After a step is done; its line is written with what comes next.
        case afterStep
        /// Before the refusal is journaled.
        case beforeUnwinding
        /// Before an undo.
        case beforeUndo
        /// After an undo, before it is journaled.
        case afterUndo
        /// Before the end is recorded.
        case beforeEnd
    }
    /// Which kind of place.
    public let kind: Kind
    /// The step or commit; empty where there is none.
    public let name: String
    /// A place.
    public init(_ kind: Kind, _ name: String = "") {
        self.kind = kind
        self.name = name
    }
}

/// What an operation says of a step or commit that it is about to do.
public struct StepDeclaration: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Why there is no way back over it; nil where it has an undo.
    public let irreversible: String?
    /// A declaration.
    public init(name: String, irreversible: String?) {
        self.name = name
        self.irreversible = irreversible
    }
}

/// Stands at the boundaries. What it throws there is treated as if the work had thrown it: a ``Refusal`` refuses, an
/// ``UnknownOutcome`` after an effect loses the answer, anything else ends the manager.
public protocol BoundaryProbe: Sendable {
    /// A run is at a boundary.
    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws
    /// A run is about to do a step or commit that its journal does not hold.
    func declared(_ step: StepDeclaration, of run: RunID, kind: String)
}

extension BoundaryProbe {
    /// Takes no notice.
    public func declared(_ step: StepDeclaration, of run: RunID, kind: String) {}
}

/// Nobody at the boundaries: how a daemon runs.
public struct NoProbe: BoundaryProbe {
    /// Nobody.
    public init() {}
    /// Goes on.
    public func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {}
}
