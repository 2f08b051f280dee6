// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

/// A journal in which no secret may stand.
struct WatchedJournal: JournalTransaction {
    let inner: any JournalTransaction
    let watch: InvariantWatch

    func begin(_ run: RunRecord) throws {
        watch.written(run.input, "the input of \(run.kind) \(run.id)")
        try inner.begin(run)
    }
    @discardableResult func append(_ entry: JournalEntry, to run: RunID) throws -> RunRecord {
        watch.written(entry.output, "the journal of \(run), \(entry.name)")
        return try inner.append(entry, to: run)
    }
    func update(_ run: RunID, _ change: (inout RunRecord) -> Void) throws {
        try inner.update(run) { [watch] record in
            change(&record)
            watch.written(record.output ?? "", "what \(run) gave")
            watch.written(record.failure, "the failure of \(run)")
            watch.written(record.stuck?.failure, "where \(run) is stuck")
        }
    }
    func supersede(_ run: RunID, by other: RunID) throws { try inner.supersede(run, by: other) }
    func run(_ id: RunID) throws -> RunRecord? { try inner.run(id) }
    func entries(of id: RunID) throws -> [JournalEntry] { try inner.entries(of: id) }
}

extension InvariantWatch {
    // MARK: I41

    /// A text was written where no secret may stand.
    func written(_ text: String, _ place: @autoclosure () -> String) {
        if SeededSources.isPassword(in: text) { broken(.secrets, by: "a password stands in \(place())") }
    }

    func written(_ failure: RunFailure?, _ place: @autoclosure () -> String) {
        guard let failure else { return }
        for text in failure.parameters.values { written(text, place()) }
        written(failure.detail ?? "", place())
    }

    /// An activity is read by whoever may see its object, and more people than may see its password.
    func written(_ activity: Activity) {
        for text in activity.parameters.values { written(text, "activity \(activity.id), \(activity.code)") }
        guard let outcome = activity.outcome else { return }
        for text in outcome.parameters.values { written(text, "the outcome of activity \(activity.id), \(activity.code)") }
    }
}
