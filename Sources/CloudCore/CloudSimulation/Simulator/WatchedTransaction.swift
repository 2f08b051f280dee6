// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

/// A transaction whose changes are watched.
struct WatchedTransaction: StoreTransaction {
    let inner: any StoreTransaction
    let watch: InvariantWatch
    /// What a rule needs besides the rows.
    let around: InvariantWatch.Surroundings
    /// What is to be believed once all of it is committed.
    let changes = Changes()

    final class Changes {
        var all = InvariantWatch.Committed()
    }

    func find<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws -> Record? { try inner.find(type, key) }
    func list<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> [Record] { try inner.list(type, query) }
    func count<Record: StoredRecord>(_ type: Record.Type, _ query: Query<Record>) throws -> Int { try inner.count(type, query) }
    func sum<Record: StoredRecord>(_ type: Record.Type, _ column: Record.Column, _ query: Query<Record>) throws -> Int64 {
        try inner.sum(type, column, query)
    }
    func run(_ id: RunID) throws -> RunRecord? { try inner.run(id) }
    func entries(of id: RunID) throws -> [JournalEntry] { try inner.entries(of: id) }
    func runs(actor: String?, object: String?, state: RunState?, before: RunID?, limit: Int) throws -> [RunRecord] {
        try inner.runs(actor: actor, object: object, state: state, before: before, limit: limit)
    }
    func children(of id: RunID) throws -> [RunRecord] { try inner.children(of: id) }
    func events(after number: Int64, limit: Int) throws -> [StoredEvent] { try inner.events(after: number, limit: limit) }
    func eventRange() throws -> ClosedRange<Int64>? { try inner.eventRange() }
    func insert<Record: StoredRecord>(_ record: Record) throws {
        try inner.insert(record)
        switch record {
        case let port as InstancePort: watch.inserted(port, around)
        case let claim as HostClaim: try watch.inserted(claim, in: inner, around)
        case let lease as InstanceLease: watch.written(lease)
        case let status as InstanceStatus: changes.all.fences.append((status.id.text, status.fence))
        case let activity as Activity: watch.written(activity)
        default: break
        }
    }
    @discardableResult func update<Record: StoredRecord>(_ record: Record) throws -> Record {
        let old = try (record as? InstanceStatus).flatMap { try inner.find(InstanceStatus.self, $0.key) }
        let new = try inner.update(record)
        if let old, let new = new as? InstanceStatus {
            watch.changed(old, to: new)
            try watch.taken(old, by: new, in: inner, around)
            if new.fence != old.fence { changes.all.fences.append((new.id.text, new.fence)) }
        }
        if let lease = new as? InstanceLease { watch.written(lease) }
        if let activity = new as? Activity { watch.written(activity) }
        return new
    }
    func delete<Record: StoredRecord>(_ type: Record.Type, _ key: String) throws {
        if type == InstancePort.self, let port = try inner.find(InstancePort.self, key) { try watch.deleted(port, in: inner, around) }
        try inner.delete(type, key)
    }
    func addEvent(_ event: NewEvent) throws { try inner.addEvent(event) }
    func deleteEvents(through number: Int64) throws {
        try inner.deleteEvents(through: number)
        changes.all.eventsDeleted = max(changes.all.eventsDeleted, number)
    }
    var journal: any JournalTransaction { WatchedJournal(inner: inner.journal, watch: watch) }
}
