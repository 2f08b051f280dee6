// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudWorkflow

/// Everything that a store in memory holds.
struct MemoryContent: Sendable {
    /// The manager that leads: the newest one that opened it.
    var epoch: Int64 = 0
    /// How many migrations it has had.
    var migrations = Migration.all.count
    var tables = Self.empty
    var runs = MemoryRuns()
    var events = MemoryEvents()

    /// Without a row: the tables of all records.
    private static let empty = Dictionary(
        uniqueKeysWithValues: StoredRecords.all.map { ($0.table, MemoryTable($0.table, columns: $0.columnNames)) })
}

extension StoredRecord {
    fileprivate static var columnNames: [String] { Column.allCases.map(\.rawValue) }
}

/// The content while a transaction or a view has it, and what takes the transaction back.
final class MemoryRows {
    var content: MemoryContent
    private var undo: [Undo] = []

    private enum Undo {
        case row(table: String, key: String, old: MemoryTable.Row?)
        case run(RunID, old: RunRecord?)
        case entry(RunID)
        case event
        case removed([StoredEvent])
    }

    /// Takes the content away from where it lies, so that it is changed in its place: a copy would be made anew with each transaction.
    init(taking content: inout MemoryContent) {
        self.content = MemoryContent()
        swap(&self.content, &content)
    }

    /// Takes back whatever was changed, the last first.
    func rollBack() {
        for change in undo.reversed() {
            switch change {
            case .row(let table, let key, let old): content.tables[table]?.set(old, for: key)
            case .run(let id, let old): content.runs.set(old, for: id)
            case .entry(let id): content.runs.removeLastEntry(of: id)
            case .event: content.events.takeBack()
            case .removed(let events): content.events.bringBack(events)
            }
        }
        undo = []
    }

    func set(_ row: MemoryTable.Row?, in table: String, for key: String) {
        let old = content.tables[table]?.set(row, for: key)
        undo.append(.row(table: table, key: key, old: old))
    }
    func set(_ run: RunRecord) { undo.append(.run(run.id, old: content.runs.set(run, for: run.id))) }
    func append(_ entry: JournalEntry, to run: RunID) {
        content.runs.append(entry, to: run)
        undo.append(.entry(run))
    }
    func append(_ event: NewEvent) {
        content.events.append(event)
        undo.append(.event)
    }
    func removeEvents(through number: Int64) { undo.append(.removed(content.events.remove(through: number))) }
}
