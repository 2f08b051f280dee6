// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudWorkflow

/// The journal in a transaction, for as long as one: it reads the row of the run at work once.
final class SQLJournal: JournalTransaction {
    private let connection: any SQLConnection
    private let view: SQLView
    /// The run at work, as this journal has last read or written it.
    private var known: RunRecord?

    init(_ connection: any SQLConnection) {
        self.connection = connection
        view = SQLView(connection)
    }

    private static let insertRun: String = {
        let names = Schema.runColumns.map { "\"\($0)\"" }.joined(separator: ", ")
        return "INSERT INTO \"runs\" (\(names)) VALUES (\(Schema.runColumns.map { _ in "?" }.joined(separator: ", ")))"
    }()

    func begin(_ run: RunRecord) throws {
        let row = try RowEncoder(columns: Schema.runColumns).row(of: run)
        do { try connection.execute(Self.insertRun, row) } catch is UniqueViolation { throw RunExists(run: run.id) }
        known = run
    }

    @discardableResult func append(_ entry: JournalEntry, to run: RunID) throws -> RunRecord {
        let record = try open(run)
        try connection.execute(
            """
            INSERT INTO "journal_entries" ("run", "position", "kind", "name", "output")
            SELECT ?, coalesce(max("position"), 0) + 1, ?, ?, ? FROM "journal_entries" WHERE "run" = ?
            """,
            [.text(run.text), .text(entry.kind.rawValue), .text(entry.name), .text(entry.output), .text(run.text)])
        return record
    }

    func update(_ run: RunID, _ change: (inout RunRecord) -> Void) throws {
        let before = try open(run)
        var record = before
        change(&record)
        try write(record, over: before)
    }

    func supersede(_ run: RunID, by other: RunID) throws {
        known = nil
        guard let before = try view.run(run), !before.state.isTerminal else { return }
        var record = before
        try record.supersede(by: other)
        try write(record, over: before)
    }

    func run(_ id: RunID) throws -> RunRecord? { try view.run(id) }
    func entries(of id: RunID) throws -> [JournalEntry] { try view.entries(of: id) }

    /// The run, unless nothing more may happen to it; nothing may happen to one that is not there.
    private func open(_ run: RunID) throws -> RunRecord {
        let read = try known?.id == run ? known : view.run(run)
        guard let record = read, !record.state.isTerminal else { throw RunTakenOver(run: run) }
        known = record
        return record
    }

    private func write(_ record: RunRecord, over before: RunRecord) throws {
        let encoder = RowEncoder(columns: Schema.runColumns)
        let change = RowChange(of: Schema.runColumns, from: try encoder.row(of: before), to: try encoder.row(of: record))
        known = record
        guard !change.values.isEmpty else { return }
        try connection.execute("UPDATE \"runs\" SET \(change.assignments) WHERE \"id\" = ?", change.values + [.text(before.id.text)])
    }
}
