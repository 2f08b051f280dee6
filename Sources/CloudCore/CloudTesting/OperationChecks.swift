// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
public import CloudWorkflow

/// Checks of an operation that a toy cannot satisfy, whatever the operation does: its points are found by a dry run, and everything that
/// may happen at a point is made to happen there, in a fresh world each time. After it the whole world is compared.
///
/// A world must end *as the uninterrupted run* left it, or, where the run was undone, *as before*. Times, versions, event numbers and
/// attempt counters are left out. Checks throw ``ContractViolation``, and know no test framework.
public struct OperationChecks<Operation: JournaledOperation>: Sendable {
    /// What must hold.
    public enum Rule: String, Sendable, CaseIterable {
        /// The dry run succeeds, and a second one in another fresh world ends equal: without that nothing below says anything.
        case repeatable = "two uninterrupted runs end equal"
        /// Each step and commit has an undo, or says in a sentence why there is no way back.
        case declared = "a step without undo says why"
        /// The manager dies at each point; the next one takes up the journal.
        case crash = "a crash anywhere is as none"
        /// The next one dies too, at each point of its own.
        case crashTwice = "a crash while recovering is as none"
        /// Each step is refused: the world is as before and the refusal tells of that step. Behind an irreversible one the run is stuck
        /// instead, and ends as the uninterrupted run when it is tried again.
        case refusal = "a refusal leaves nothing behind"
        /// The manager dies at each point of taking back.
        case crashWhileUndoing = "a crash while undoing is as none"
        /// Each undo is refused, or its answer lost: the run is stuck there, and ends undone when it is tried again.
        case refusedUndo = "a refused undo is tried again"
        /// Each answer is lost, once, and so often that the run is put aside: the effect is there once.
        case lostAnswer = "a lost answer is neither done nor failed"
        /// The run is asked to stop at each of its boundaries: it ends undone as cancelled, or done; nothing in between.
        case cancel = "a run that is cancelled ends as before or as asked"
        /// At each boundary another manager takes over and ends the run, and then the first one goes on: it changes nothing any more.
        case takeover = "a manager that was taken over changes nothing"
    }

    /// The operation's kind, for reports and for ``OperationCoverage/requireAll(_:covered:)``.
    public var kind: String { Operation.kind }
    /// What is special about this case; empty for the plain one.
    public let name: String
    let kinds: OperationKinds<Operation.Transaction, Operation.World>
    let pairs: Int
    let prepare: @Sendable () async throws -> OperationTrial<Operation>

    /// The checks of one operation.
    /// - Parameters:
    ///   - name: what is special about this case; empty for the plain one.
    ///   - kinds: all kinds that may be in the store, the children's too.
    ///   - pairs: about how many pairs of crashes are tried at most; all, unless another number is given.
    ///   - prepare: a fresh world, equal to the last one down to its ids, and the operation in it.
    public init(
        _ name: String = "", knowing kinds: OperationKinds<Operation.Transaction, Operation.World>, pairs: Int = .max,
        prepare: @escaping @Sendable () async throws -> OperationTrial<Operation>
    ) {
        self.name = name
        self.kinds = kinds
        self.pairs = max(1, pairs)
        self.prepare = prepare
    }

    /// Checks rules, one after the other; throws the first ``ContractViolation``. Gives how many worlds were tried.
    @discardableResult
    public func check(_ rules: [Rule] = Rule.allCases) async throws -> Int {
        let plan = try await plan()
        var worlds = 0
        for rule in rules { worlds += try await check(rule, plan) }
        return worlds
    }

    /// Checks every rule and gives all violations, at most one a rule.
    public func violations() async throws -> [ContractViolation] {
        let plan = try await plan()
        var violations: [ContractViolation] = []
        for rule in Rule.allCases {
            do { _ = try await check(rule, plan) } catch let violation as ContractViolation { violations.append(violation) }
        }
        return violations
    }

    private func check(_ rule: Rule, _ plan: OperationPlan) async throws -> Int {
        let check = OperationCheck(rule: rule, of: self, plan: plan)
        switch rule {
        case .repeatable: try await check.repeatable()
        case .declared: try await check.declared()
        case .crash: try await check.crashes()
        case .crashTwice: try await check.crashesTwice()
        case .refusal: try await check.refusals()
        case .crashWhileUndoing: try await check.crashesWhileUndoing()
        case .refusedUndo: try await check.refusedUndos()
        case .lostAnswer: try await check.lostAnswers()
        case .cancel: try await check.cancellations()
        case .takeover: try await check.takeovers()
        }
        return check.worlds
    }

    /// The dry run.
    private func plan() async throws -> OperationPlan {
        let trial = try await prepare()
        let before = try await trial.snapshot(.state)
        let untouched = try await trial.snapshot(.history)
        let interference = Interference()
        let life = try await trial.live(interference, knowing: kinds)
        guard case .stands(let record) = life, record.state == .done else {
            throw ContractViolation(rule: "\(Operation.kind) \(name): the dry run succeeds", detail: "\(life)")
        }
        return OperationPlan(
            run: trial.run, points: interference.points, declared: interference.declared(by: trial.run), before: before,
            untouched: untouched, after: try await trial.snapshot(.history), end: try await trial.snapshot(.state))
    }
}

/// What a dry run found.
struct OperationPlan: Sendable {
    let run: RunID
    let points: [Interference.Point]
    let declared: [StepDeclaration]
    let before: WorldSnapshot
    let untouched: WorldSnapshot
    let after: WorldSnapshot
    /// As ``after``, without how it came about.
    let end: WorldSnapshot

    /// The run's own boundaries, in the order in which they were reached.
    var boundaries: [Boundary] {
        points.compactMap { point in if case .boundary(let boundary, of: run) = point { boundary } else { nil } }
    }

    /// The run's own boundaries before its commits and effects: where a step can be refused. Each with whether there is a way back.
    var borders: [(boundary: Boundary, hasWayBack: Bool)] {
        let names = declared.map(\.name)
        let pointOfNoReturn = declared.firstIndex { $0.irreversible != nil } ?? declared.endIndex
        return points.compactMap { point in
            guard case .boundary(let boundary, of: run) = point, boundary.kind == .beforeCommit || boundary.kind == .beforeEffect else {
                return nil
            }
            return (boundary, (names.firstIndex(of: boundary.name) ?? 0) <= pointOfNoReturn)
        }
    }
}

/// Whether every kind of operation that a journal may hold is covered by a check.
public enum OperationCoverage {
    /// Throws a ``ContractViolation`` that names the kinds without a check.
    /// - Parameters:
    ///   - kinds: ``CloudWorkflow/OperationKinds/names``.
    ///   - covered: the kinds of the checks that ran.
    public static func requireAll(_ kinds: [String], covered: [String]) throws {
        let missing = Set(kinds).subtracting(covered).sorted()
        guard missing.isEmpty else {
            throw ContractViolation(rule: "every kind of operation has its checks", detail: missing.joined(separator: ", "))
        }
    }
}
