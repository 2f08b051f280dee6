// SPDX-License-Identifier: Apache-2.0

import CloudModel
package import CloudStore
import CloudWorkflow

extension SQLView {
    /// As ``CloudStore/Store/dump()`` says.
    public func dump() throws -> [String: [String]] { try dumped() }
}

extension StoreView {
    /// All rows of all tables as JSON with sorted keys, by table: records by their keys, `runs` by their ids, `journal_entries` by run
    /// and position, `events` by number. The epoch and the migrations are the store's own and are left out, and so is the order in
    /// which runs were recorded: two stores that hold the same are equal.
    package func dumped() throws -> [String: [String]] {
        var tables: [String: [String]] = [:]
        for record in StoredRecords.all { try add(record, to: &tables) }
        let runs = try runs(actor: nil, object: nil, state: nil, before: nil, limit: .max).sorted { $0.id < $1.id }
        tables["runs"] = try runs.map { try PartsText.text(of: $0) }
        tables["journal_entries"] = try runs.flatMap { run in
            try entries(of: run.id).enumerated().map { position, entry in
                try PartsText.text(of: Line(run: run.id.text, position: position + 1, entry: entry))
            }
        }
        tables["events"] = try events(after: 0, limit: .max).map { try PartsText.text(of: $0) }
        return tables
    }

    private func add<Record: StoredRecord>(_ type: Record.Type, to tables: inout [String: [String]]) throws {
        tables[Record.table] = try list(type, Query()).map { try PartsText.text(of: $0) }
    }
}

private struct Line: Encodable {
    let run: String
    let position: Int
    let entry: JournalEntry
}
