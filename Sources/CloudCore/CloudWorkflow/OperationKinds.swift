// SPDX-License-Identifier: Apache-2.0

/// The kinds of operations that a runner can take up again from their journals.
public struct OperationKinds<Transaction, World: Sendable>: Sendable {
    typealias Resume =
        @Sendable (RunRecord, [JournalEntry], World, RunContext<Transaction>) async throws -> StuckPoint?
    private struct Known: Sendable {
        let accepts: ClosedRange<Int>
        let resume: Resume
    }
    private var known: [String: Known] = [:]

    /// No kinds.
    public init() {}

    /// The names of the kinds, sorted.
    public var names: [String] { known.keys.sorted() }

    /// Adds a kind; of two with one name the later counts.
    public mutating func add<Operation: JournaledOperation>(_ type: Operation.Type)
    where Operation.Transaction == Transaction, Operation.World == World {
        known[Operation.kind] = Known(accepts: Operation.accepts) { run, entries, world, context in
            let operation = try context.coding.value(Operation.self, from: run.input)
            let drive = Drive(operation: operation, world: world, context: context, record: run)
            if case .stuck(let point) = try await drive.toEnd(entries) { return point }
            return nil
        }
    }

    /// Takes a run up; gives where it is stuck, if it is.
    func resume(_ run: RunRecord, _ entries: [JournalEntry], _ world: World, _ context: RunContext<Transaction>) async throws
        -> StuckPoint?
    {
        guard let kind = known[run.kind], kind.accepts.contains(run.version) else {
            return try await setAside(run, "no code for \(run.kind), version \(run.version)", context)
        }
        do { return try await kind.resume(run, entries, world, context) } catch let unreadable as JournalUnreadable {
            return try await setAside(run, "\(unreadable.underlying)", context)
        }
    }

    private func setAside(_ run: RunRecord, _ reason: String, _ context: RunContext<Transaction>) async throws -> StuckPoint {
        let failure = RunFailure(code: "replay-mismatch", parameters: ["expected": "\(run.kind)/\(run.version)"], detail: reason)
        let point = StuckPoint(step: "replay", undoing: false, failure: failure, attempts: (run.stuck?.attempts ?? 0) + 1)
        try await context.change { run in
            run.state = .stuck
            run.stuck = point
        }
        context.tell(RunNews(run: run.id, parent: run.parent, kind: run.kind, object: run.object, outcome: .stuck(point)))
        return point
    }
}
