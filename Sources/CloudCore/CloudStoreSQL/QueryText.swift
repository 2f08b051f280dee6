// SPDX-License-Identifier: Apache-2.0

package import CloudModel
package import CloudStore

/// A query as the end of a statement, with its arguments.
package struct QueryText {
    private(set) var text = ""
    private(set) var arguments: [StoreValue] = []

    /// ` WHERE …`; nothing where there is no condition.
    init<Record: StoredRecord>(conditionsOf query: Query<Record>) throws {
        for (position, condition) in query.conditions.enumerated() {
            text += position == 0 ? " WHERE " : " AND "
            try add(condition)
        }
    }

    /// ` WHERE … ORDER BY … LIMIT …`.
    init<Record: StoredRecord>(_ query: Query<Record>) throws {
        try self.init(conditionsOf: query)
        // Where null stands is said, because engines differ; SQLite's own order is this one, so an index serves it.
        let direction = query.descending ? " DESC" : " ASC"
        text += " ORDER BY "
        if let order = query.order, order.rawValue != "id" {
            text += "\"\(order.rawValue)\"\(direction) NULLS \(query.descending ? "LAST" : "FIRST"), "
        }
        text += "\"id\"\(direction)"
        if let limit = query.limit {
            text += " LIMIT ?"
            arguments.append(.integer(Int64(max(0, limit))))
        }
    }

    private mutating func add<Record: StoredRecord>(_ condition: Condition<Record>) throws {
        switch condition {
        case .equals(let column, let value): add(column.rawValue, isIn: [value])
        case .isIn(let column, let values):
            try Self.requireFew(values)
            add(column.rawValue, isIn: values)
        case .below(let column, let value): add("\"\(column.rawValue)\" < ?", [value])
        case .above(let column, let value): add("\"\(column.rawValue)\" > ?", [value])
        case .lists(let column, let member):
            add("EXISTS (SELECT 1 FROM json_each(\"\(column.rawValue)\") WHERE \"value\" = ?)", [.text(member)])
        case .any(let conditions):
            guard !conditions.isEmpty else { return add("FALSE", []) }
            text += "("
            for (position, condition) in conditions.enumerated() {
                if position > 0 { text += " OR " }
                try add(condition)
            }
            text += ")"
        case .visible(let object, let subjects, let moment):
            guard let first = subjects.first else { return add("FALSE", []) }
            text += "("
            if Record.Column(rawValue: "owner") != nil { add("\"owner\" = ? OR ", [.text(first)]) }
            add("\"\(object.rawValue)\" IN (SELECT \"object\" FROM \"grants\" WHERE ", [])
            add("subject", isIn: subjects.map { .text($0) })
            add(" AND (\"until\" IS NULL OR \"until\" > ?)))", [.time(moment)])
        }
    }

    private mutating func add(_ text: String, _ arguments: [StoreValue]) {
        self.text += text
        self.arguments += arguments
    }

    /// Throws `internal-fault` where one condition names more values than every engine takes as arguments.
    package static func requireFew(_ values: [StoreValue]) throws(CloudError) {
        guard values.count <= 16_384 else {
            throw CloudError(.internalFault, ["part": "store"], detail: "\(values.count) values in one condition")
        }
    }

    /// Membership. Values are filled up to a power of two with the last one, so that few texts exist and prepared statements are met
    /// again.
    private mutating func add(_ column: String, isIn values: [StoreValue]) {
        let present = values.filter { $0 != .null }
        let isNull = present.count < values.count ? "\"\(column)\" IS NULL" : nil
        guard let last = present.last else { return add(isNull ?? "FALSE", []) }
        if present.count == 1, isNull == nil { return add("\"\(column)\" = ?", present) }
        var size = 1
        while size < present.count { size *= 2 }
        let marks = Array(repeating: "?", count: size).joined(separator: ", ")
        let filled = present + Array(repeating: last, count: size - present.count)
        add(isNull.map { "(\($0) OR \"\(column)\" IN (\(marks)))" } ?? "\"\(column)\" IN (\(marks))", filled)
    }
}
