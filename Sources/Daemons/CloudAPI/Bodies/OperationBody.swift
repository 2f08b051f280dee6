// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// An operation as callers see it: what it does, how far it is, how it ended.
public struct OperationBody: Hashable, Sendable, Codable {
    /// The operation.
    public var id: ID<OperationKind>
    /// What it does.
    public var verb: String
    /// What it is about.
    public var object: String
    /// Who asked; nil for the cloud itself.
    public var principal: ID<UserKind>?
    /// The operation that began it; nil for one that a caller asked for.
    public var parent: ID<OperationKind>?
    /// `queued`, `running`, `waiting`, `unwinding`, `stuck`, `done`, `undone` or `superseded`.
    public var state: String
    /// Whether nothing more will happen.
    public var ended: Bool
    /// 0 to 100.
    public var percent: Int
    /// What it waits for.
    public var waitingFor: String?
    /// Whether it was asked to stop at the next step border.
    public var cancelRequested: Bool
    /// What it has done, in order.
    public var steps: [StepBody]
    /// `done`, `failed`, `cancelled` or `superseded`; nil until it has ended.
    public var outcome: String?
    /// Why it was refused or failed.
    public var failure: Problem?
    /// Where it is stuck, and what to do.
    public var stuck: StuckBody?
    /// What it made or changed.
    public var objects: [String]
    /// How it came out for each member of a set; nil for what has no members.
    public var members: [MemberBody]?
    /// What is another than before; only of a recovery.
    public var recovered: RecoveredBody?
    /// How long the guest took from power to ready, in milliseconds; only of a start that has ended so.
    public var readyMilliseconds: Int64?
    /// When it began; nil where its activity is not kept.
    public var startedAt: APITime?
    /// When it ended; nil until then.
    public var endedAt: APITime?
    /// The operations that it began, in order: one for each member of a batch.
    public var children: [ID<OperationKind>]

    /// An operation at its begin.
    public init(id: ID<OperationKind>, verb: String, object: String, principal: ID<UserKind>?, state: String) {
        self.id = id
        self.verb = verb
        self.object = object
        self.principal = principal
        self.state = state
        ended = false
        percent = 0
        cancelRequested = false
        steps = []
        objects = []
        children = []
    }
}

/// One thing that an operation has done.
public struct StepBody: Hashable, Sendable, Codable {
    /// Its name.
    public var name: String
    /// `committed`, `stepped`, `unwinding` or `undone`.
    public var kind: String
    /// A body.
    public init(name: String, kind: String) {
        self.name = name
        self.kind = kind
    }
}

/// Where an operation is stuck.
public struct StuckBody: Hashable, Sendable, Codable {
    /// The step.
    public var step: String
    /// Whether it was taking the step back.
    public var undoing: Bool
    /// How often it was tried.
    public var attempts: Int
    /// What was said last, and what to do.
    public var problem: Problem
    /// A body.
    public init(step: String, undoing: Bool, attempts: Int, problem: Problem) {
        self.step = step
        self.undoing = undoing
        self.attempts = attempts
        self.problem = problem
    }
}

/// How an operation on a set came out for one member.
public struct MemberBody: Hashable, Sendable, Codable {
    /// The member.
    public var object: String
    /// Its lease from now on; nil where it was refused.
    public var lease: LeaseBody?
    /// Why it was refused; nil where it was not.
    public var failure: Problem?
    /// A body.
    public init(object: String, lease: LeaseBody?, failure: Problem?) {
        self.object = object
        self.lease = lease
        self.failure = failure
    }
}
