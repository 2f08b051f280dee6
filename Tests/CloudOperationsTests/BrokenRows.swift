// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudStore
import CloudStoreSQLite

/// Rows that no version can have written: each has a text where its record has something else.
extension Site {
    private static let nonsense = "what nobody can read"

    /// Breaks the status of an instance; gives what mends it.
    func breakStatus(of instance: ID<InstanceKind>) throws -> @Sendable () throws -> Void {
        try disk.write { tx in
            guard var row = try tx.find(BrokenStatus.self, instance.text) else { throw CloudError(.notFound) }
            row.failure = Self.nonsense
            try tx.update(row)
        }
        return { [disk] in
            try disk.write { tx in
                guard var row = try tx.find(BrokenStatus.self, instance.text) else { throw CloudError(.notFound) }
                row.failure = nil
                try tx.update(row)
            }
        }
    }
    /// Breaks what was asked for of an instance.
    func breakInstance(_ instance: ID<InstanceKind>) throws {
        try disk.write { tx in
            guard var row = try tx.find(BrokenInstance.self, instance.text) else { throw CloudError(.notFound) }
            row.template = Self.nonsense
            try tx.update(row)
        }
    }
    /// Breaks what was last seen of an instance.
    func breakSighting(of instance: ID<InstanceKind>) throws {
        try disk.write { tx in
            guard var row = try tx.find(BrokenSighting.self, instance.text) else { throw CloudError(.notFound) }
            row.host = Self.nonsense
            try tx.update(row)
        }
    }
    /// Breaks the lease of an instance.
    func breakLease(of instance: ID<InstanceKind>) throws {
        try disk.write { tx in
            guard var row = try tx.find(BrokenLease.self, instance.text) else { throw CloudError(.notFound) }
            row.policy = Self.nonsense
            try tx.update(row)
        }
    }
    /// Breaks a port.
    func breakPort(_ port: ID<PortKind>) throws {
        try disk.write { tx in
            guard var row = try tx.find(BrokenCard.self, port.text) else { throw CloudError(.notFound) }
            row.mac = Self.nonsense
            try tx.update(row)
        }
    }
    /// Records a run of an operation that has not ended, and breaks its row.
    func breakRun(_ run: RunID, about instance: ID<InstanceKind>) throws {
        let record = RunRecord(
            id: run, kind: "instance.start", version: 1, input: "{}", actor: anna.user.text, object: instance.text)
        try disk.write { try $0.journal.begin(record) }
        try disk.write { tx in
            guard var row = try tx.find(BrokenRun.self, run.text) else { throw CloudError(.notFound) }
            row.stuck = Self.nonsense
            try tx.update(row)
        }
    }
    /// Breaks how something ended that was done.
    func breakActivity(_ activity: ID<ActivityKind>) throws {
        try disk.write { tx in
            guard var row = try tx.find(BrokenActivity.self, activity.text) else { throw CloudError(.notFound) }
            row.outcome = Self.nonsense
            try tx.update(row)
        }
    }
    /// Breaks what a guest was told of keys.
    func breakKeys(of instance: ID<InstanceKind>) throws {
        try disk.write { tx in
            guard var row = try tx.find(BrokenKeys.self, instance.text) else { throw CloudError(.notFound) }
            row.own = Self.nonsense
            try tx.update(row)
        }
    }
}

private struct BrokenStatus: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, failure }
    typealias CodingKeys = Column
    static var table: String { InstanceStatus.table }
    var id: String
    var version: Int64
    var failure: String?
    var key: String { id }
}

private struct BrokenInstance: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, template }
    typealias CodingKeys = Column
    static var table: String { Instance.table }
    var id: String
    var version: Int64
    var template: String
    var key: String { id }
}

private struct BrokenSighting: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, host }
    typealias CodingKeys = Column
    static var table: String { InstanceSighting.table }
    var id: String
    var version: Int64
    var host: String
    var key: String { id }
}

private struct BrokenLease: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, policy }
    typealias CodingKeys = Column
    static var table: String { InstanceLease.table }
    var id: String
    var version: Int64
    var policy: String
    var key: String { id }
}

private struct BrokenCard: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, mac }
    typealias CodingKeys = Column
    static var table: String { InstancePort.table }
    var id: String
    var version: Int64
    var mac: String
    var key: String { id }
}

private struct BrokenActivity: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, outcome }
    typealias CodingKeys = Column
    static var table: String { Activity.table }
    var id: String
    var version: Int64
    var outcome: String?
    var key: String { id }
}

private struct BrokenKeys: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, own }
    typealias CodingKeys = Column
    static var table: String { InstanceKeys.table }
    var id: String
    var version: Int64
    var own: String
    var key: String { id }
}

private struct BrokenRun: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, stuck }
    typealias CodingKeys = Column
    static var table: String { "runs" }
    var id: String
    var version: Int64
    var stuck: String?
    var key: String { id }
}
