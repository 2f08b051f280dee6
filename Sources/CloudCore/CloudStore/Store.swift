// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudWorkflow

/// A row that a store keeps: its properties are its columns, by name.
public protocol StoredRecord: Codable, Sendable, Equatable {
    /// The columns: the record's coding keys.
    associatedtype Column: CodingKey & CaseIterable & RawRepresentable<String> & Sendable
    /// The table.
    static var table: String { get }
    /// The primary key's text: what the column `id` holds.
    var key: String { get }
    /// Grows by one with every change.
    var version: Int64 { get set }
}

/// What can be read: in a read alone, and inside a transaction. Synchronous: nothing but the store is in it.
///
/// Everything here throws `CloudError(.storeUnavailable)` where the store does not answer.
public protocol StoreView {
    /// The row of a key; nil where there is none.
    func find<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws -> Record?
    /// The rows that a query names, in its order.
    func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> [Record]
    /// How many rows a query names.
    func count<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> Int
    /// The sum of an integer column over the rows that a query names; 0 for none.
    func sum<Record: StoredRecord>(_ type: Record.Type, _ column: Record.Column, _ query: Query<Record>) throws -> Int64
    /// A run; nil where there is none.
    func run(_ id: RunID) throws -> RunRecord?
    /// The journal of a run, in order.
    func entries(of id: RunID) throws -> [JournalEntry]
    /// Runs, newest first, that an actor submitted (nil: of all), that are about an object (nil: any) and in a state (nil: any), before a
    /// cursor. Of one that cannot be read as a whole there is what can: one that has not ended is stuck by it, and says so.
    func runs(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) throws -> [RunRecord]
    /// The runs that a run recorded, in order of recording.
    func children(of id: RunID) throws -> [RunRecord]
    /// Published events after a number, oldest first.
    func events(after number: Int64, limit: Int) throws -> [StoredEvent]
    /// The lowest and highest number of the events that are kept; nil where there are none.
    func eventRange() throws -> ClosedRange<Int64>?
}

/// One transaction: all of it or nothing.
public protocol StoreTransaction: StoreView {
    /// Adds a row. Throws ``UniqueViolation`` where a unique index forbids it.
    func insert<Record: StoredRecord>(_ record: Record) throws
    /// Changes a row whose version is still the record's, and gives the row with its next version. Throws
    /// `CloudError(.staleVersion)` where another change came first, `CloudError(.notFound)` where the row is gone.
    @discardableResult func update<Record: StoredRecord>(_ record: Record) throws -> Record
    /// Removes a row; harmless where there is none.
    func delete<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws
    /// Adds an event to the outbox; its number comes from the one publisher, in commit order.
    func addEvent(_ event: NewEvent) throws
    /// Removes the events up to a number; harmless where there are none. Numbers are not given again.
    func deleteEvents(through number: Int64) throws
    /// The journal, in this transaction.
    var journal: any JournalTransaction { get }
}

/// A store of a cloud's records: one transaction for quota, claim, address, activity, event and journal.
public protocol Store: JournalingStore where Transaction == any StoreTransaction {
    /// Reads a consistent state.
    func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result
    /// All rows of all tables as JSON, by table, each table in order of its key: what tests compare and the audit reads.
    func dump() async throws -> [String: [String]]
}

/// A unique index refused a row.
public struct UniqueViolation: Error, Hashable, Sendable {
    /// The table.
    public let table: String
    /// The columns of the index, sorted.
    public let columns: [String]
    /// A violation.
    public init(table: String, columns: [String]) {
        self.table = table
        self.columns = columns.sorted()
    }
}

/// What happened, before it has a number.
public struct NewEvent: Hashable, Sendable, Codable {
    /// What: an object's kind and what became of it, for example `instance.changed`.
    public let code: String
    /// The id of the object.
    public let object: String
    /// The run; nil for an observation.
    public let operation: String?
    /// When.
    public let at: Timestamp
    /// An event.
    public init(code: String, object: String, operation: String?, at: Timestamp) {
        self.code = code
        self.object = object
        self.operation = operation
        self.at = at
    }
}

/// An event with its number.
public struct StoredEvent: Hashable, Sendable, Codable {
    /// Grows by one in commit order.
    public let number: Int64
    /// What happened.
    public let event: NewEvent
    /// An event.
    public init(number: Int64, event: NewEvent) {
        self.number = number
        self.event = event
    }
}

extension Store {
    /// The store as a runner asks for it.
    public var journaling: any JournalingStore<any StoreTransaction> { self }

    /// The journal in a transaction: the transaction's own.
    public func journal(in transaction: any StoreTransaction) -> any JournalTransaction { transaction.journal }

    /// A run's row.
    public func run(_ id: RunID) async throws -> RunRecord? { try await read { try $0.run(id) } }

    /// A run and its journal.
    public func journal(of id: RunID) async throws -> (run: RunRecord, entries: [JournalEntry])? {
        try await read { view in try view.run(id).map { ($0, try view.entries(of: id)) } }
    }

    /// A store that is away refuses by type and decides nothing: the run stays where its journal says.
    public func isFailure(_ error: any Error) -> Bool {
        guard let code = (error as? CloudError)?.code else { return false }
        return code == .storeUnavailable || code == .epochStale
    }
}
