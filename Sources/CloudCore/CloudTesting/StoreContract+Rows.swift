// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

extension StoreTrial {
    func rows() async throws {
        for record in StoredRecords.all { try await row(record) }
    }

    private func row<Record: StoredRecord>(_ type: Record.Type) async throws {
        let full = try RecordSample(7).make(type)
        let sparse = try RecordSample(8, isSparse: true).make(type)
        try await store.write { tx in
            try tx.insert(full)
            try tx.insert(sparse)
            try self.expect(try tx.find(type, full.key), is: full, "\(Record.table) inside its transaction")
        }
        try await store.read { view in
            try self.expect(try view.find(type, full.key), is: full, Record.table)
            try self.expect(try view.find(type, sparse.key), is: sparse, Record.table)
            let expected = [full, sparse].sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            try self.expect(try view.list(type, Query()), is: expected, "list of \(Record.table)")
        }
        try await store.write { tx in
            try tx.delete(type, full.key)
            try tx.delete(type, full.key)
            try self.expect(try tx.find(type, full.key), is: nil, "deleted row of \(Record.table)")
        }
    }

    func versions() async throws {
        let first = try sample(User.self, 1)
        try await store.write { try $0.insert(first) }
        let second = try await store.write { tx in
            var change = first
            change.role = .siteOperator
            return try tx.update(change)
        }
        try expect(second.version, is: 2, "version after a change")
        try await store.read { view in try self.expect(try view.users.get(first.id), is: second, "changed row") }
        for text in ["stale", "stale again"] {
            try await expect(CloudError(.staleVersion, ["object": first.key, "expected": "1", "actual": "2"])) {
                try await store.write { tx in
                    var change = first
                    change.keys = [text]
                    try tx.update(change)
                }
            }
        }
        let stranger = try sample(User.self, 2)
        try await expect(CloudError(.notFound, ["object": stranger.key])) { try await store.write { try $0.update(stranger) } }
        try await store.read { view in try self.expect(try view.users.get(first.id), is: second, "row after refusals") }
    }

    func unique() async throws {
        let instance = try sample(Instance.self, 1) { $0.alive = true }
        let port = try sample(InstancePort.self, 1)
        let forwarded = try sample(ForwardedPort.self, 1)
        let user = try sample(User.self, 1)
        try await store.write { tx in
            try tx.insert(instance)
            try tx.insert(port)
            try tx.insert(forwarded)
            try tx.insert(user)
        }
        let account = try sample(QuotaAccount.self, 1)
        try await store.write { try $0.insert(account) }
        try await refuses(account, ["id"])
        try await refuses(try sample(User.self, 2) { $0.login = user.login }, ["login"])
        try await refuses(try sample(InstancePort.self, 2) { $0.mac = port.mac }, ["mac"])
        try await refuses(
            try sample(InstancePort.self, 2) {
                $0.network = port.network
                $0.ipv4 = port.ipv4
            }, ["ipv4", "network"])
        try await refuses(
            try sample(InstancePort.self, 2) {
                $0.network = port.network
                $0.label = port.label
            }, ["label", "network"])
        try await refuses(
            try sample(ForwardedPort.self, 2) {
                $0.transport = forwarded.transport
                $0.publicPort = forwarded.publicPort
            }, ["publicPort", "transport"])
        let namesake = try sample(Instance.self, 2) {
            $0.owner = instance.owner
            $0.name = instance.name
            $0.alive = true
        }
        try await refuses(namesake, ["name", "owner"])
        // A name is free again when its machine is in the trash, and a refused row does not end the transaction.
        try await store.write { tx in
            var trashed = instance
            trashed.alive = false
            do { try tx.insert(namesake) } catch is UniqueViolation { try tx.update(trashed) }
            try tx.insert(namesake)
        }
    }

    private func refuses<Record: StoredRecord>(_ record: Record, _ columns: [String]) async throws {
        try await expect(UniqueViolation(table: Record.table, columns: columns)) { try await store.write { try $0.insert(record) } }
    }

    func rollback() async throws {
        let kept = try sample(User.self, 1)
        try await store.write { try $0.insert(kept) }
        let before = try await store.dump()
        let (user, run) = (try sample(User.self, 2), JournalSample.run("op-1"))
        try await expect(BodyFailed(number: 1)) {
            try await store.write { tx in
                try tx.insert(user)
                try tx.delete(User.self, kept.key)
                try tx.addEvent(NewEvent(code: "user.changed", object: user.key, operation: nil, at: Timestamp(seconds: 1)))
                try tx.journal.begin(run)
                try tx.journal.append(JournalEntry(.committed, "claim"), to: run.id)
                throw BodyFailed(number: 1)
            }
        }
        try expect(try await store.dump() == before, "something was left of a body that threw")
    }

    func durable(_ fixture: any StoreFixture) async throws {
        let user = try sample(User.self, 1)
        try await store.write { tx in
            try tx.insert(user)
            try tx.addEvent(NewEvent(code: "user.changed", object: user.key, operation: nil, at: Timestamp(seconds: 1)))
        }
        let before = try await store.dump()
        try expect(try await fixture.reopen(store).dump() == before, "a reopened store differs")
    }

    func dump(another: any Store) async throws {
        let users = try (1...9).map { try sample(User.self, $0) }
        let runs = (1...3).map { JournalSample.run("op-\($0)") }
        for user in users { try await store.write { try $0.insert(user) } }
        for run in runs { try await store.write { try $0.journal.begin(run) } }
        try await another.write { tx in
            for user in users.reversed() { try tx.insert(user) }
            for run in runs.reversed() { try tx.journal.begin(run) }
        }
        let dump = try await store.dump()
        try expect(try await store.dump() == dump, "two dumps of one store differ")
        try expect(try await another.dump() == dump, "the order of writing shows in the dump")
        try expect(Set(dump.keys).isSuperset(of: ["users", "runs", "journal_entries", "events"]), "tables: \(dump.keys.sorted())")
        for record in StoredRecords.all { try expect(dump[record.table] != nil, "\(record.table) is not in the dump") }
    }
}

/// What a body of the suite throws.
struct BodyFailed: Error, Equatable {
    let number: Int
}
