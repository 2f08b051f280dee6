// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// One kind of rows in a view or a transaction: `tx.instances.find(id)`, `tx.ports.insert(port)`.
public struct Table<Record: StoredRecord> {
    let view: any StoreView

    /// The row of an id; nil where there is none.
    public func find<Kind>(_ id: ID<Kind>) throws -> Record? { try view.find(Record.self, id.text) }
    /// The row of a key; nil where there is none.
    public func find(key: String) throws -> Record? { try view.find(Record.self, key) }
    /// The row of an id; throws `CloudError(.notFound)` where there is none.
    public func get<Kind>(_ id: ID<Kind>) throws -> Record {
        guard let record = try find(id) else { throw CloudError(.notFound, ["object": id.text]) }
        return record
    }
    /// The rows for which all conditions hold, in order of their ids.
    public func all(_ conditions: Condition<Record>...) throws -> [Record] {
        try view.list(Record.self, Query(conditions: conditions))
    }
    /// The rows of a query.
    public func list(_ query: Query<Record>) throws -> [Record] { try view.list(Record.self, query) }
    /// The first row for which all conditions hold.
    public func first(_ conditions: Condition<Record>...) throws -> Record? {
        try view.list(Record.self, Query(conditions: conditions, limit: 1)).first
    }
    /// How many rows.
    public func count(_ conditions: Condition<Record>...) throws -> Int { try view.count(Record.self, Query(conditions: conditions)) }
    /// The sum of a column.
    public func sum(_ column: Record.Column, _ conditions: Condition<Record>...) throws -> Int64 {
        try view.sum(Record.self, column, Query(conditions: conditions))
    }
}

/// One kind of rows in a transaction, to be changed.
public struct WritableTable<Record: StoredRecord> {
    let transaction: any StoreTransaction
    /// The same rows, to be read.
    public var rows: Table<Record> { Table(view: transaction) }

    /// Adds a row; throws ``UniqueViolation``.
    public func insert(_ record: Record) throws { try transaction.insert(record) }
    /// Changes a row that nobody else changed since it was read; gives it with its next version.
    @discardableResult public func update(_ record: Record) throws -> Record { try transaction.update(record) }
    /// Reads, changes and writes a row in one breath; throws `CloudError(.notFound)` where there is none.
    @discardableResult public func change<Kind>(_ id: ID<Kind>, _ change: (inout Record) throws -> Void) throws -> Record {
        var record = try get(id)
        try change(&record)
        return try transaction.update(record)
    }
    /// Removes a row; harmless where there is none.
    public func delete<Kind>(_ id: ID<Kind>) throws { try transaction.delete(Record.self, id.text) }
    /// As ``Table/find(_:)``.
    public func find<Kind>(_ id: ID<Kind>) throws -> Record? { try rows.find(id) }
    /// As ``Table/get(_:)``.
    public func get<Kind>(_ id: ID<Kind>) throws -> Record { try rows.get(id) }
    /// As ``Table/all(_:)``.
    public func all(_ conditions: Condition<Record>...) throws -> [Record] {
        try transaction.list(Record.self, Query(conditions: conditions))
    }
    /// As ``Table/first(_:)``.
    public func first(_ conditions: Condition<Record>...) throws -> Record? {
        try transaction.list(Record.self, Query(conditions: conditions, limit: 1)).first
    }
}

extension StoreView {
    /// Rows of ``CloudModel/AccessToken``.
    public var accessTokens: Table<AccessToken> { Table(view: self) }
    /// Rows of ``CloudModel/Activity``.
    public var activities: Table<Activity> { Table(view: self) }
    /// Rows of ``CloudModel/Alarm``.
    public var alarms: Table<Alarm> { Table(view: self) }
    /// Rows of ``CloudModel/Checkpoint``.
    public var checkpoints: Table<Checkpoint> { Table(view: self) }
    /// Rows of ``CloudModel/DestructionBudget``.
    public var destructionBudgets: Table<DestructionBudget> { Table(view: self) }
    /// Rows of ``CloudModel/Disk``.
    public var disks: Table<Disk> { Table(view: self) }
    /// Rows of ``CloudModel/ForwardedPort``.
    public var forwardedPorts: Table<ForwardedPort> { Table(view: self) }
    /// Rows of ``CloudModel/Grant``.
    public var grants: Table<Grant> { Table(view: self) }
    /// Rows of ``CloudModel/Group``.
    public var groups: Table<Group> { Table(view: self) }
    /// Rows of ``CloudModel/Heartbeat``.
    public var heartbeats: Table<Heartbeat> { Table(view: self) }
    /// Rows of ``CloudModel/CloudHost``.
    public var hosts: Table<CloudHost> { Table(view: self) }
    /// Rows of ``CloudModel/HostClaim``.
    public var claims: Table<HostClaim> { Table(view: self) }
    /// Rows of ``CloudModel/HostEvidence``.
    public var evidence: Table<HostEvidence> { Table(view: self) }
    /// Rows of ``CloudModel/Image``.
    public var images: Table<Image> { Table(view: self) }
    /// Rows of ``CloudModel/Instance``.
    public var instances: Table<Instance> { Table(view: self) }
    /// Rows of ``CloudModel/InstanceLease``.
    public var leases: Table<InstanceLease> { Table(view: self) }
    /// Rows of ``CloudModel/InstanceKeys``.
    public var instanceKeys: Table<InstanceKeys> { Table(view: self) }
    /// Rows of ``CloudModel/InstanceSecret``.
    public var secrets: Table<InstanceSecret> { Table(view: self) }
    /// Rows of ``CloudModel/InstanceSighting``.
    public var sightings: Table<InstanceSighting> { Table(view: self) }
    /// Rows of ``CloudModel/InstanceStatus``.
    public var statuses: Table<InstanceStatus> { Table(view: self) }
    /// Rows of ``CloudModel/LeasePolicy``.
    public var leasePolicies: Table<LeasePolicy> { Table(view: self) }
    /// Rows of ``CloudModel/Membership``.
    public var memberships: Table<Membership> { Table(view: self) }
    /// Rows of ``CloudModel/Network``.
    public var networks: Table<Network> { Table(view: self) }
    /// Rows of ``CloudModel/Notice``.
    public var notices: Table<Notice> { Table(view: self) }
    /// Rows of ``CloudModel/InstancePort``.
    public var ports: Table<InstancePort> { Table(view: self) }
    /// Rows of ``CloudModel/QuotaAccount``.
    public var quotas: Table<QuotaAccount> { Table(view: self) }
    /// Rows of ``CloudModel/RememberedRequest``.
    public var rememberedRequests: Table<RememberedRequest> { Table(view: self) }
    /// Rows of ``CloudModel/Template``.
    public var templates: Table<Template> { Table(view: self) }
    /// Rows of ``CloudModel/TemplateRevision``.
    public var revisions: Table<TemplateRevision> { Table(view: self) }
    /// Rows of ``CloudModel/Upload``.
    public var uploads: Table<Upload> { Table(view: self) }
    /// Rows of ``CloudModel/User``.
    public var users: Table<User> { Table(view: self) }
}

extension StoreTransaction {
    /// Rows of ``CloudModel/AccessToken``, to be changed.
    public var accessTokens: WritableTable<AccessToken> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Activity``, to be changed.
    public var activities: WritableTable<Activity> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Alarm``, to be changed.
    public var alarms: WritableTable<Alarm> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Checkpoint``, to be changed.
    public var checkpoints: WritableTable<Checkpoint> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/DestructionBudget``, to be changed.
    public var destructionBudgets: WritableTable<DestructionBudget> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Disk``, to be changed.
    public var disks: WritableTable<Disk> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/ForwardedPort``, to be changed.
    public var forwardedPorts: WritableTable<ForwardedPort> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Grant``, to be changed.
    public var grants: WritableTable<Grant> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Group``, to be changed.
    public var groups: WritableTable<Group> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Heartbeat``, to be changed.
    public var heartbeats: WritableTable<Heartbeat> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/CloudHost``, to be changed.
    public var hosts: WritableTable<CloudHost> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/HostClaim``, to be changed.
    public var claims: WritableTable<HostClaim> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/HostEvidence``, to be changed.
    public var evidence: WritableTable<HostEvidence> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Image``, to be changed.
    public var images: WritableTable<Image> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Instance``, to be changed.
    public var instances: WritableTable<Instance> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/InstanceLease``, to be changed.
    public var leases: WritableTable<InstanceLease> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/InstanceKeys``, to be changed.
    public var instanceKeys: WritableTable<InstanceKeys> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/InstanceSecret``, to be changed.
    public var secrets: WritableTable<InstanceSecret> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/InstanceSighting``, to be changed.
    public var sightings: WritableTable<InstanceSighting> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/InstanceStatus``, to be changed.
    public var statuses: WritableTable<InstanceStatus> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/LeasePolicy``, to be changed.
    public var leasePolicies: WritableTable<LeasePolicy> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Membership``, to be changed.
    public var memberships: WritableTable<Membership> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Network``, to be changed.
    public var networks: WritableTable<Network> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Notice``, to be changed.
    public var notices: WritableTable<Notice> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/InstancePort``, to be changed.
    public var ports: WritableTable<InstancePort> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/QuotaAccount``, to be changed.
    public var quotas: WritableTable<QuotaAccount> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/RememberedRequest``, to be changed.
    public var rememberedRequests: WritableTable<RememberedRequest> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Template``, to be changed.
    public var templates: WritableTable<Template> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/TemplateRevision``, to be changed.
    public var revisions: WritableTable<TemplateRevision> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/Upload``, to be changed.
    public var uploads: WritableTable<Upload> { WritableTable(transaction: self) }
    /// Rows of ``CloudModel/User``, to be changed.
    public var users: WritableTable<User> { WritableTable(transaction: self) }
}
