// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
public import CloudWorkflow

/// What can be read over a connection. Whoever makes one sees to it that all reads see one state: by a transaction, where others may write.
public struct SQLView: StoreView {
    let connection: any SQLConnection

    /// A view over a connection that sees one state.
    public init(_ connection: any SQLConnection) { self.connection = connection }

    /// As the protocol says.
    public func find<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws -> Record? {
        try find(type, key) { _ in }
    }

    /// As the protocol says.
    public func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> [Record] {
        try list(type, query) { _ in }
    }

    /// As the protocol says, and tells the row as it stands.
    func find<Record: StoredRecord>(_ type: Record.Type, _ key: String, seen: ([StoreValue]) -> Void) throws -> Record? {
        let text = RecordText.of(type)
        return try records(type, text, text.select + " WHERE \"id\" = ?", [.text(key)], seen).first
    }

    /// As the protocol says, and tells the rows as they stand.
    func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>, seen: ([StoreValue]) -> Void) throws -> [Record] {
        let text = RecordText.of(type)
        let end = try QueryText(query)
        return try records(type, text, text.select + end.text, end.arguments, seen)
    }

    /// As the protocol says; the query's limit counts nothing.
    public func count<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> Int {
        let end = try QueryText(conditionsOf: query)
        return Int(try connection.integer("SELECT count(*) FROM \"\(Record.table)\"" + end.text, end.arguments) ?? 0)
    }

    /// As the protocol says; the query's limit counts nothing.
    public func sum<Record: StoredRecord>(_ type: Record.Type, _ column: Record.Column, _ query: Query<Record>) throws -> Int64 {
        let end = try QueryText(conditionsOf: query)
        return try connection.integer("SELECT sum(\"\(column.rawValue)\") FROM \"\(Record.table)\"" + end.text, end.arguments) ?? 0
    }

    private func records<Record: StoredRecord>(
        _ type: Record.Type, _ text: RecordText, _ statement: String, _ arguments: [StoreValue], _ seen: ([StoreValue]) -> Void
    ) throws -> [Record] {
        try connection.query(statement, arguments).map { row in
            seen(row)
            return try Self.read(type, text.columns, row, from: Record.table)
        }
    }

    /// A row as a value. One that cannot be read is not passed over; it is the store's failure and no decision.
    package static func read<Value: Decodable>(_ type: Value.Type, _ columns: [String], _ row: [StoreValue], from table: String) throws
        -> Value
    {
        do { return try RowDecoder(columns: columns).value(type, of: row) } catch {
            throw CloudError.unreadableRow(of: table, detail: "\(row.first ?? .null): \(error)")
        }
    }
}

extension SQLView {
    private static let selectRun = "SELECT " + Schema.runColumns.map { "\"\($0)\"" }.joined(separator: ", ") + " FROM \"runs\""

    /// As the protocol says.
    public func run(_ id: RunID) throws -> RunRecord? { try runs(Self.selectRun + " WHERE \"id\" = ?", [.text(id.text)]).first }

    /// As the protocol says.
    public func runs(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) throws -> [RunRecord] {
        var conditions: [String] = []
        var arguments: [StoreValue] = []
        if let actor {
            conditions.append("\"actor\" = ?")
            arguments.append(.text(actor))
        }
        if let object {
            conditions.append("\"object\" = ?")
            arguments.append(.text(object))
        }
        if let state {
            // One that cannot be read is shown as stuck whatever its column says, so it is found there and nowhere else.
            let unread = state.isTerminal ? [] : try openRuns().unread.keys.sorted()
            let list = "(" + unread.map { _ in "?" }.joined(separator: ", ") + ")"
            let isKnown = "\"state\" IN (" + RunState.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ") + ")"
            switch (state, unread.isEmpty) {
            case (.stuck, true): conditions.append("(\"state\" = ? OR NOT \(isKnown))")
            case (.stuck, false): conditions.append("(\"state\" = ? OR \"id\" IN \(list) OR NOT \(isKnown))")
            case (_, true): conditions.append("\"state\" = ?")
            case (_, false): conditions.append("(\"state\" = ? AND \"id\" NOT IN \(list))")
            }
            arguments += [.text(state.rawValue)] + unread.map { .text($0.text) }
        }
        if let before {
            conditions.append("\"number\" < (SELECT \"number\" FROM \"runs\" WHERE \"id\" = ?)")
            arguments.append(.text(before.text))
        }
        arguments.append(.integer(Int64(max(0, limit))))
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return try connection.query(Self.selectRun + filter + " ORDER BY \"number\" DESC LIMIT ?", arguments).map(Self.listed)
    }

    /// A run, or what can be read of it.
    private static func listed(_ row: [StoreValue]) throws -> RunRecord {
        do { return try run(from: row) } catch let error as CloudError where error.isUnreadableRow {
            return try remains(of: row, because: error)
        }
    }

    /// What every row says of a run, whatever else of it cannot be read: the columns are texts and numbers, and none of these is null.
    private static func remains(of row: [StoreValue], because error: CloudError) throws -> RunRecord {
        let said = Dictionary(uniqueKeysWithValues: zip(Schema.runColumns, row))
        func text(_ column: String) throws -> String {
            guard case .text(let text) = said[column] else { throw error }
            return text
        }
        guard case .integer(let version) = said["version"] else { throw error }
        let state = RunState(rawValue: try text("state")) ?? .stuck
        var run = RunRecord(
            id: RunID(try text("id")), kind: try text("kind"), version: Int(version), input: try text("input"), actor: try text("actor"),
            object: try text("object"), state: state.isTerminal ? state : .stuck)
        if !state.isTerminal { run.stuck = StuckPoint(step: "record", undoing: false, failure: error.failure, attempts: 0) }
        return run
    }

    /// As the protocol says.
    public func children(of id: RunID) throws -> [RunRecord] {
        try connection.query(Self.selectRun + " WHERE \"parent\" = ? ORDER BY \"number\"", [.text(id.text)]).map(Self.listed)
    }

    private static let openStates: [StoreValue] = RunState.allCases.filter { !$0.isTerminal }.map { .text($0.rawValue) }
    private static let whereOpen =
        " WHERE \"state\" IN (" + openStates.map { _ in "?" }.joined(separator: ", ") + ") ORDER BY \"number\""

    /// All runs that are not terminal, oldest first; throws where one of them cannot be read.
    public func unfinishedRuns() throws -> [RunRecord] { try runs(Self.selectRun + Self.whereOpen, Self.openStates) }

    /// The same, as far as they can be read, but for some. Where some are known, or one cannot be read and hides the others in one statement,
    /// each of the others is read alone.
    public func openRuns(besides known: Set<RunID> = []) throws -> OpenRuns {
        if known.isEmpty {
            do { return OpenRuns(runs: try unfinishedRuns()) } catch let error as CloudError where error.isUnreadableRow {}
        }
        var found = OpenRuns()
        for row in try connection.query(#"SELECT "id" FROM "runs""# + Self.whereOpen, Self.openStates) {
            guard case .text(let text)? = row.first else { throw CloudError(.internalFault, ["part": "store"]) }
            let id = RunID(text)
            guard !known.contains(id) else { continue }
            do { if let run = try run(id) { found.runs.append(run) } } catch let error as CloudError where error.isUnreadableRow {
                found.unread[id] = error
            }
        }
        return found
    }

    private func runs(_ statement: String, _ arguments: [StoreValue]) throws -> [RunRecord] {
        try connection.query(statement, arguments).map(Self.run)
    }

    private static func run(from row: [StoreValue]) throws -> RunRecord {
        try read(RunRecord.self, Schema.runColumns, row, from: "runs")
    }

    /// As the protocol says.
    public func entries(of id: RunID) throws -> [JournalEntry] {
        try connection.query(
            #"SELECT "kind", "name", "output" FROM "journal_entries" WHERE "run" = ? ORDER BY "position""#, [.text(id.text)]
        ).map { try Self.read(JournalEntry.self, Schema.entryColumns, $0, from: "journal_entries") }
    }

    /// As the protocol says.
    public func events(after number: Int64, limit: Int) throws -> [StoredEvent] {
        try connection.query(
            #"SELECT "number", "code", "object", "operation", "at" FROM "events" WHERE "number" > ? ORDER BY "number" LIMIT ?"#,
            [.integer(number), .integer(Int64(max(0, limit)))]
        ).map { row in
            guard case .integer(let number)? = row.first else { throw CloudError(.internalFault, ["part": "store"]) }
            let event = try Self.read(NewEvent.self, Schema.eventColumns, Array(row.dropFirst()), from: "events")
            return StoredEvent(number: number, event: event)
        }
    }

    /// As the protocol says.
    public func eventRange() throws -> ClosedRange<Int64>? {
        guard case .integer(let first)? = try connection.query(#"SELECT min("number") FROM "events""#, []).first?.first,
            case .integer(let last)? = try connection.query(#"SELECT max("number") FROM "events""#, []).first?.first
        else { return nil }
        return first...last
    }
}
