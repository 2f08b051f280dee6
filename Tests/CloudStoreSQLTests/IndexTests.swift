// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Testing

@testable import CloudStoreSQL

/// Every index is written on the way of a launch, so each must be asked for by a query of the product, named here as it is asked.
@Suite struct IndexTests {
    private typealias Statement = (text: String, arguments: [StoreValue])
    private static let one = StoreValue.text("one")
    private static let two = [StoreValue.text("one"), .text("two")]
    private static let now = Timestamp(seconds: 1)

    private static func rows<Record: StoredRecord>(_ type: Record.Type, _ conditions: Condition<Record>...) throws -> Statement {
        try rows(Query(conditions: conditions))
    }

    private static func rows<Record: StoredRecord>(_ query: Query<Record>) throws -> Statement {
        let end = try QueryText(query)
        return (RecordText.of(Record.self).select + end.text, end.arguments)
    }

    /// Index by index the query for which it is there. A unique index is there for its rule, and may serve a query besides.
    private static let purposes: [String: @Sendable () throws -> Statement] = [
        "access_tokens_user": { try rows(AccessToken.self, .equals(.user, one), .equals(.revoked, .integer(0))) },
        "activities_object_startedAt": {
            try rows(Query<Activity>(.equals(.object, one), order: .startedAt, descending: true, limit: 100))
        },
        "claims_host": { try rows(HostClaim.self, .equals(.host, one)) },
        "disks_instance": { try rows(Disk.self, .equals(.instance, one)) },
        "disks_owner": { try rows(Disk.self, .equals(.owner, one)) },
        "disks_trashedAt": { try rows(Query<Disk>(.below(.trashedAt, .time(now)), order: .trashedAt, limit: 100)) },
        "forwarded_ports_instance": { try rows(ForwardedPort.self, .isIn(.instance, two)) },
        "forwarded_ports_network": { try rows(ForwardedPort.self, .equals(.network, one)) },
        "forwarded_ports_port": { try rows(ForwardedPort.self, .equals(.port, one)) },
        "grants_object": { try rows(Grant.self, .equals(.object, one)) },
        "grants_subject_object": { try rows(Instance.self, .visible(object: .id, subjects: ["one", "two"], at: now)) },
        "images_owner": { try rows(Image.self, .visible(object: .id, subjects: ["one"], at: now)) },
        "instances_owner": { try rows(Instance.self, .visible(object: .id, subjects: ["one"], at: now)) },
        "memberships_group": { try rows(Membership.self, .isIn(.group, two)) },
        "memberships_user": { try rows(Membership.self, .equals(.user, one)) },
        "networks_owner": { try rows(Network.self, .visible(object: .id, subjects: ["one"], at: now)) },
        "notices_recipient": { try rows(Notice.self, .equals(.recipient, one)) },
        "ports_instance": { try rows(InstancePort.self, .equals(.instance, one)) },
        "remembered_requests_at": { try rows(Query<RememberedRequest>(.below(.at, .time(now)), order: .at, limit: 100)) },
        "runs_actor": { (#"SELECT * FROM "runs" WHERE "actor" = ? ORDER BY "number" DESC LIMIT ?"#, [one, .integer(9)]) },
        "runs_object": { (#"SELECT * FROM "runs" WHERE "object" = ? ORDER BY "number" DESC LIMIT ?"#, [one, .integer(9)]) },
        "runs_parent": { (#"SELECT * FROM "runs" WHERE "parent" = ? ORDER BY "number""#, [one]) },
        "runs_state": { (#"SELECT * FROM "runs" WHERE "state" IN (?, ?) ORDER BY "number""#, two) },
        "sightings_host": { try rows(InstanceSighting.self, .equals(.host, one)) },
        "statuses_host": { try rows(InstanceStatus.self, .equals(.host, one)) },
        "uploads_createdAt": { try rows(Query<Upload>(.below(.createdAt, .time(now)), order: .createdAt, limit: 100)) },
    ]

    @Test func anIndexThatNoQueryNamesIsNotKept() throws {
        let indexes = try onScratch { connection in
            try connection.query(
                """
                SELECT i.name FROM sqlite_master t, pragma_index_list(t.name) i
                WHERE t.type = 'table' AND i.origin = 'c' AND NOT i."unique" ORDER BY i.name
                """, [])
        }
        #expect(indexes.map { $0[0] } == Self.purposes.keys.sorted().map { .text($0) })
    }

    @Test(arguments: Self.purposes.keys.sorted())
    func anIndexServesItsQuery(_ index: String) throws {
        let purpose = try #require(Self.purposes[index])
        let statement = try purpose()
        let plan = try onScratch { connection in
            try connection.query("EXPLAIN QUERY PLAN " + statement.text, statement.arguments).map { "\($0[3])" }
        }
        #expect(plan.contains { $0.contains("INDEX \(index) ") || $0.contains("INDEX \(index)\"") }, "\(plan)")
    }

    /// The collector's index holds nothing of what is in use.
    @Test func theIndexOfTheCollectorHoldsOnlyWhatItLooksFor() throws {
        let partial = try onScratch { connection in
            try connection.query(
                #"SELECT i.name FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table' AND i.partial ORDER BY i.name"#, []
            )
        }
        #expect(partial.map { $0[0] } == [.text("disks_owner"), .text("disks_trashedAt"), .text("instances_owner_name")])
    }
}
