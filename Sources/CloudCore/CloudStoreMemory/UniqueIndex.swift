// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudStoreSQL

/// A unique index as the schema says it: which columns of a table no two rows may share. The schema stays the one place that names them.
struct UniqueIndex: Hashable, Sendable {
    let table: String
    let columns: [String]
    /// The rows that it holds, where it does not hold all: a column and what stands in it.
    let only: Only?

    struct Only: Hashable, Sendable {
        let column: String
        let value: StoreValue
    }

    /// Those of all migrations, by table.
    static let all: [String: [UniqueIndex]] = Dictionary(
        grouping: Migration.all.flatMap(\.statements).compactMap(UniqueIndex.init), by: \.table)

    /// Reads `CREATE UNIQUE INDEX "name" ON "table" ("a", "b") WHERE "c" = 1`; nil for every other statement, and for a unique index with a
    /// condition of another form, which this store cannot keep: its tests count those that the schema has.
    init?(_ statement: String) {
        guard statement.hasPrefix("CREATE UNIQUE INDEX ") else { return nil }
        let (head, condition) = Self.parts(statement)
        let names = Self.names(in: head)
        (table, columns) = (names[1], Array(names.dropFirst(2)))
        guard let condition else {
            only = nil
            return
        }
        let sides = condition.split(separator: " = ")
        guard sides.count == 2, let column = Self.names(in: sides[0]).first, let value = Int64(sides[1]) else { return nil }
        only = Only(column: column, value: .integer(value))
    }

    private static func parts(_ statement: String) -> (head: Substring, condition: Substring?) {
        guard let place = statement.firstRange(of: " WHERE ") else { return (statement[...], nil) }
        return (statement[..<place.lowerBound], statement[place.upperBound...])
    }

    private static func names(in text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { !$0.offset.isMultiple(of: 2) }.map {
            String($0.element)
        }
    }
}
