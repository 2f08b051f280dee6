// SPDX-License-Identifier: Apache-2.0

public import CloudStore

/// What the suite needs besides a store. Written once per implementation.
public protocol StoreFixture: Sendable {
    /// An empty store that nobody else has.
    func store() async throws -> any Store
    /// The same disk, opened by the next manager.
    func reopen(_ store: any Store) async throws -> any Store
    /// The same disk, opened by a version that knows one migration more; then opened again by this version, which is to throw.
    func reopenAfterNewer(_ store: any Store) async throws -> any Store
}

/// The contract of a ``CloudStore/Store``, as rules that can be checked one by one, each on a store of its own.
public struct StoreContract: Sendable {
    /// What must hold.
    public enum Rule: String, Sendable, CaseIterable {
        /// Every kind of record comes back as it was written, whatever may be absent in it.
        case rows = "every record comes back unchanged"
        /// A change names the version that it read; another change in between refuses it.
        case versions = "a stale version is refused"
        /// A refused row names the table and the columns of the index.
        case unique = "unique violations are named"
        /// A body that throws leaves nothing, and its error is the caller's.
        case rollback = "a body that throws leaves nothing"
        /// Conditions, order, limit, count and sum.
        case queries = "queries name the rows that they say"
        /// What one owns or has a grant on that holds, and nothing else.
        case visible = "visible rows are one's own and the granted"
        /// Of writes that go on together, one that throws takes nothing of its neighbours along.
        case neighbours = "neighbours of a failing write commit"
        /// 200 takes at once never exceed a limit nor give an address twice, and readers see no half of it.
        case limits = "200 parallel takes stop at the limit"
        /// Numbers are given in commit order, without holes.
        case events = "event numbers have no holes"
        /// Lines come back in order; nothing is written to a run that has ended.
        case journal = "a journal keeps its lines in order"
        /// Only what waits, is stuck or has ended can be superseded.
        case superseding = "who may be superseded"
        /// Runs are listed newest first, children in order of recording, unfinished ones oldest first.
        case runs = "runs are found"
        /// A manager that was replaced commits nothing.
        case epoch = "an older epoch commits nothing"
        /// What was acknowledged is there after reopening.
        case durable = "what was acknowledged is kept"
        /// A store of a newer schema is not opened.
        case newer = "a newer schema is refused"
        /// Equal content gives equal dumps.
        case dump = "dumps are stable"
    }

    private let fixture: any StoreFixture

    /// The contract of the stores that a fixture makes.
    public init(with fixture: any StoreFixture) { self.fixture = fixture }

    /// Checks every rule, one after the other; throws the first ``ContractViolation``.
    public func check() async throws {
        for rule in Rule.allCases { try await check(rule) }
    }

    /// Checks one rule; throws a ``ContractViolation`` where it does not hold, and whatever the store threw unexpectedly.
    public func check(_ rule: Rule) async throws {
        let trial = StoreTrial(rule: rule, store: try await fixture.store())
        switch rule {
        case .rows: try await trial.rows()
        case .versions: try await trial.versions()
        case .unique: try await trial.unique()
        case .rollback: try await trial.rollback()
        case .queries: try await trial.queries()
        case .visible: try await trial.visible()
        case .neighbours: try await trial.neighbours()
        case .limits:
            try await trial.limits(limit: 20, used: 0)
            try await StoreTrial(rule: rule, store: try await fixture.store()).limits(limit: 20, used: 19)
        case .events: try await trial.events()
        case .journal: try await JournalTrial(sentence: rule.rawValue, store: trial.store.journaling).journal()
        case .superseding: try await JournalTrial(sentence: rule.rawValue, store: trial.store.journaling).superseding()
        case .runs: try await trial.runs()
        case .epoch: try await trial.epoch(fixture)
        case .durable: try await trial.durable(fixture)
        case .newer: try await trial.newer(fixture)
        case .dump: try await trial.dump(another: try await fixture.store())
        }
    }
}

/// One rule on one store.
struct StoreTrial: RuleTrial {
    let rule: StoreContract.Rule
    var sentence: String { rule.rawValue }
    let store: any Store

    func sample<Record: StoredRecord>(_ type: Record.Type, _ number: UInt64, _ change: (inout Record) -> Void = { _ in }) throws -> Record {
        var record = try RecordSample(number).make(type)
        record.version = 1
        change(&record)
        return record
    }
}
