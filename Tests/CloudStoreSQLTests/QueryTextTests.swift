// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import Testing

@testable import CloudStoreSQL

@Suite struct QueryTextTests {
    @Test func whatIsVisibleIsOneStatement() throws {
        let query = Query<Instance>(.visible(object: .id, subjects: ["user-1", "grp-1"], at: Timestamp(seconds: 1)), limit: 5)
        let text = try QueryText(query)
        #expect(
            text.text == """
                 WHERE ("owner" = ? OR "id" IN (SELECT "object" FROM "grants" WHERE "subject" IN (?, ?) \
                AND ("until" IS NULL OR "until" > ?))) ORDER BY "id" ASC LIMIT ?
                """)
        #expect(text.arguments == [.text("user-1"), .text("user-1"), .text("grp-1"), .integer(1000), .integer(5)])
    }

    /// Else a list by a page of ids would be a new statement for every length.
    @Test func fewTextsServeManyLengths() throws {
        let texts = try (1...1000).map { count in
            try QueryText(conditionsOf: Query<Disk>(.isIn(.id, (0..<count).map { .text("disk-\($0)") }))).text
        }
        #expect(Set(texts).count == 11)
    }

    @Test func absurdlyManyValuesAreRefused() throws {
        #expect(throws: CloudError.self) {
            try QueryText(Query<Disk>(.isIn(.virtualSize, (0..<20_000).map { .integer($0) })))
        }
    }

    /// A list of one's own and the granted must not read the whole table.
    @Test func visibleRowsAreFoundByIndexes() throws {
        let text = try QueryText(Query<Instance>(.visible(object: .id, subjects: ["user-1", "grp-1"], at: Timestamp(seconds: 1))))
        let plan = try onScratch { connection in
            try connection.query("EXPLAIN QUERY PLAN " + RecordText.of(Instance.self).select + text.text, text.arguments)
        }
        let steps = plan.map { row in if case .text(let step) = row[3] { step } else { "" } }
        #expect(!steps.contains { $0.hasPrefix("SCAN instances") || $0.hasPrefix("SCAN grants") }, "\(steps)")
    }
}
