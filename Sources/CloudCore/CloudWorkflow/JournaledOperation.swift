// SPDX-License-Identifier: Apache-2.0

/// A verb that a crash could cut in two: a value that is journaled, and a function that is read from top to bottom.
///
/// Between two steps there is no clock, no chance and no I/O, for the function is replayed: what its journal holds is not done again,
/// only read. All that differs between two runs of it comes in through the values of the operation and the outputs of its steps.
public protocol JournaledOperation<Transaction, World>: Codable, Sendable {
    /// What a transaction can do.
    associatedtype Transaction
    /// What the steps reach for: stores, hosts, clocks.
    associatedtype World: Sendable
    /// What it gives.
    associatedtype Output: Codable & Sendable

    /// A name for ever: journals are found by it.
    static var kind: String { get }
    /// The version that writes journals now. It is raised when steps are added, removed, renamed or reordered.
    static var version: Int { get }
    /// The versions whose journals can be replayed.
    static var accepts: ClosedRange<Int> { get }
    /// Who asked, as the embedder spells it.
    var actor: String { get }
    /// What it is about, as the embedder spells it.
    var object: String { get }

    /// The verb itself.
    func run(_ flow: Flow<Transaction>, in world: World) async throws -> Output
}

extension JournaledOperation {
    /// 1 until it is raised.
    public static var version: Int { 1 }
    /// Its own version only.
    public static var accepts: ClosedRange<Int> { version...version }
}

/// The output of what gives nothing.
public struct Nothing: Codable, Hashable, Sendable {
    /// Nothing.
    public init() {}
}

/// The key under which a step acts: what a remote part remembers the result by. The undo of a step has a key of its own.
public struct StepKey: Hashable, Sendable {
    /// The run.
    public let run: RunID
    /// The step, unique in the run.
    public let step: String
    /// A step of a run.
    public init(run: RunID, step: String) {
        self.run = run
        self.step = step
    }
    /// One of several commands that a step needs.
    public func part(_ name: String) -> StepKey { StepKey(run: run, step: "\(step)/\(name)") }
}

/// What was seen of a step whose answer was lost.
public enum Observation<Output: Sendable>: Sendable {
    /// It was done, and gave this.
    case done(Output)
    /// It is not seen to be done: it is asked for again. What is refused then says nothing of the first try, so a step that cannot be
    /// taken back leaves the run stuck.
    case notDone
    /// It was not done, and nothing is at work on it that could still do it: it is asked for again, and what is refused then is refused.
    case neverDone
    /// Something is still at work on it: it is looked at again later, and neither asked for nor taken back meanwhile.
    case underWay
}
