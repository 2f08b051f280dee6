// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudStore
public import CloudWorkflow

/// What can be read and changed over a connection. Whoever makes one has begun a transaction, has checked the epoch in it, and ends
/// it.
public struct SQLTransaction: StoreTransaction {
    private let connection: any SQLConnection
    private let view: SQLView
    private let known = KnownRows()

    /// A transaction over a connection on which one has begun.
    public init(_ connection: any SQLConnection) {
        self.connection = connection
        view = SQLView(connection)
    }

    /// The journal, in this transaction.
    public var journal: any JournalTransaction { SQLJournal(connection) }

    /// As the protocol says.
    public func insert<Record: StoredRecord>(_ record: Record) throws {
        let text = RecordText.of(Record.self)
        try connection.execute(text.insert, try RowEncoder(columns: text.columns).row(of: record))
    }

    /// As the protocol says: one statement that names what changes, and the version which the row must still have.
    @discardableResult public func update<Record: StoredRecord>(_ record: Record) throws -> Record {
        let text = RecordText.of(Record.self)
        var next = record
        next.version += 1
        let row = try RowEncoder(columns: text.columns).row(of: next)
        // What is known of another version says nothing about this one.
        let before = known[Record.table, record.key].flatMap { $0[text.versionPosition] == .integer(record.version) ? $0 : nil }
        let change = RowChange(of: text.columns, from: before, to: row)
        let statement = "UPDATE \"\(Record.table)\" SET \(change.assignments) WHERE \"id\" = ? AND \"version\" = ?"
        if try connection.execute(statement, change.values + [.text(record.key), .integer(record.version)]) == 1 {
            known[Record.table, record.key] = row
            return next
        }
        guard let stored = try find(Record.self, record.key) else { throw CloudError(.notFound, ["object": record.key]) }
        throw CloudError(
            .staleVersion, ["object": record.key, "expected": String(record.version), "actual": String(stored.version)])
    }

    /// As the protocol says.
    public func delete<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws {
        known[Record.table, key] = nil
        try connection.execute(RecordText.of(type).delete, [.text(key)])
    }

    /// As the protocol says. The engine numbers it: there is one writer, so that is commit order, and a rollback leaves no hole.
    public func addEvent(_ event: NewEvent) throws {
        try connection.execute(
            #"INSERT INTO "events" ("code", "object", "operation", "at") VALUES (?, ?, ?, ?)"#,
            [.text(event.code), .text(event.object), event.operation.map { .text($0) } ?? .null, .time(event.at)])
    }

    /// As the protocol says. AUTOINCREMENT remembers the highest number ever given.
    public func deleteEvents(through number: Int64) throws {
        try connection.execute(#"DELETE FROM "events" WHERE "number" <= ?"#, [.integer(number)])
    }

    /// As the protocol says.
    public func find<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws -> Record? {
        try view.find(type, key) { known[Record.table, key] = $0 }
    }
    /// As the protocol says.
    public func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> [Record] {
        // A row that is looked up alone is looked up to be changed, as a rule; a list is not.
        guard query.limit == 1 else { return try view.list(type, query) }
        let position = RecordText.of(type).keyPosition
        return try view.list(type, query) { row in
            if case .text(let key) = row[position] { known[Record.table, key] = row }
        }
    }
    /// As the protocol says.
    public func count<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> Int { try view.count(type, query) }
    /// As the protocol says.
    public func sum<Record: StoredRecord>(_ type: Record.Type, _ column: Record.Column, _ query: Query<Record>) throws -> Int64 {
        try view.sum(type, column, query)
    }
    /// As the protocol says.
    public func run(_ id: RunID) throws -> RunRecord? { try view.run(id) }
    /// As the protocol says.
    public func entries(of id: RunID) throws -> [JournalEntry] { try view.entries(of: id) }
    /// As the protocol says.
    public func runs(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) throws -> [RunRecord] {
        try view.runs(actor: actor, object: object, state: state, before: before, limit: limit)
    }
    /// As the protocol says.
    public func children(of id: RunID) throws -> [RunRecord] { try view.children(of: id) }
    /// As the protocol says.
    public func events(after number: Int64, limit: Int) throws -> [StoredEvent] { try view.events(after: number, limit: limit) }
    /// As the protocol says.
    public func eventRange() throws -> ClosedRange<Int64>? { try view.eventRange() }
}
