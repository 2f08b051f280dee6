// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudStoreSQL

/// The rows of one table: as the records that were written, and as the columns that are asked for.
///
/// Whatever is asked by equality gets an index with the first question, for that is what an engine would have been given; the rest is looked
/// through. Keys are sorted when an order is asked for and rows have come or gone.
struct MemoryTable: Sendable {
    struct Row: Sendable {
        /// What was written; nil where other columns than its own were changed since, and it has to be read anew.
        let record: (any StoredRecord)?
        /// In the order of the table's columns.
        let values: [StoreValue]
    }

    let name: String
    let columns: [String]
    private let places: [String: Int]
    private var rows: [RowKey: Row] = [:]
    private var sorted: [RowKey]? = []
    /// By the place of the column; nil for one that was never asked for.
    private var indexes: [[StoreValue: Set<RowKey>]?]
    private var uniques: [Unique]

    private struct Unique: Sendable {
        let columns: [String]
        let places: [Int]
        let only: (place: Int, value: StoreValue)?
        var keys: [[StoreValue]: RowKey] = [:]

        /// What the index holds of a row; nil where it does not hold it. Two nothings are not the same.
        func entry(_ row: [StoreValue]) -> [StoreValue]? {
            if let only, row[only.place] != only.value { return nil }
            let values = places.map { row[$0] }
            return values.contains(.null) ? nil : values
        }
    }

    init(_ name: String, columns: [String]) {
        let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($0.element, $0.offset) })
        (self.name, self.columns, self.places) = (name, columns, places)
        indexes = Array(repeating: nil, count: columns.count)
        uniques = UniqueIndex.all[name, default: []].map { index in
            Unique(
                columns: index.columns, places: index.columns.compactMap { places[$0] },
                only: index.only.flatMap { only in places[only.column].map { ($0, only.value) } })
        }
    }

    /// Where a column is.
    func place(of column: String) -> Int? { places[column] }
    /// The row of a key.
    subscript(key: String) -> Row? { rows[RowKey(key)] }

    // MARK: Writing

    /// Throws ``CloudStore/UniqueViolation`` where a row of a key would share what no two rows may.
    func check(_ row: [StoreValue], for key: String) throws {
        for unique in uniques {
            guard let entry = unique.entry(row), let holder = unique.keys[entry], holder != RowKey(key) else { continue }
            throw UniqueViolation(table: name, columns: unique.columns)
        }
    }

    /// Puts a row in the place of a key, or takes it away; gives the one that was there.
    @discardableResult mutating func set(_ row: Row?, for name: String) -> Row? {
        let key = RowKey(name)
        let old = rows[key]
        rows[key] = row
        if (old == nil) != (row == nil) { sorted = nil }
        for place in indexes.indices where indexes[place] != nil {
            let (before, after) = (old?.values[place], row?.values[place])
            guard before != after else { continue }
            if let before { indexes[place]?[before]?.remove(key) }
            if let after { indexes[place]?[after, default: []].insert(key) }
        }
        for number in uniques.indices {
            let (before, after) = (old.flatMap { uniques[number].entry($0.values) }, row.flatMap { uniques[number].entry($0.values) })
            guard before != after else { continue }
            if let before, uniques[number].keys[before] == key { uniques[number].keys[before] = nil }
            if let after { uniques[number].keys[after] = key }
        }
        return old
    }

    // MARK: Asking

    /// The keys of the rows for which all tests hold, in no order.
    mutating func keys(where tests: [RowTest]) -> [RowKey] {
        guard let narrow = narrowest(of: tests) else { return rows.keys.filter { holds(tests, of: $0) } }
        return narrow.filter { holds(tests, of: $0) }
    }

    /// The same in order of the keys, or of a column and then of the keys, at most so many.
    mutating func keys(where tests: [RowTest], order place: Int?, descending: Bool, limit: Int?) -> [RowKey] {
        let limit = limit ?? .max
        var found: [RowKey] = []
        if place == nil, !descending, narrowest(of: tests) == nil {
            for key in sortedKeys() {
                guard found.count < limit else { break }
                if holds(tests, of: key) { found.append(key) }
            }
            return found
        }
        found = keys(where: tests)
        if let place {
            let values = Dictionary(uniqueKeysWithValues: found.map { ($0, rows[$0]?.values[place] ?? .null) })
            found.sort { one, other in
                let (left, right) = (values[one] ?? .null, values[other] ?? .null)
                return left == right ? one < other : left.precedes(right)
            }
        } else {
            found.sort()
        }
        if descending { found.reverse() }
        return Array(found.prefix(limit))
    }

    /// The rows of keys, in the same order.
    func rows(of keys: [RowKey]) -> [Row] { keys.compactMap { rows[$0] } }

    private func holds(_ tests: [RowTest], of key: RowKey) -> Bool {
        guard let row = rows[key] else { return false }
        return tests.allSatisfy { $0.holds(of: row.values) }
    }

    /// The fewest rows that one of the tests leaves by an index; nil where none does.
    private mutating func narrowest(of tests: [RowTest]) -> [RowKey]? {
        var best: (count: Int, place: Int, values: Set<StoreValue>)?
        for case .isIn(let place, let values) in tests {
            if columns[place] == "id" { return values.compactMap { if case .text(let key) = $0 { RowKey(key) } else { nil } } }
            index(place)
            let count = values.reduce(0) { $0 + (indexes[place]?[$1]?.count ?? 0) }
            if count < best?.count ?? .max { best = (count, place, values) }
        }
        return best.map { best in best.values.flatMap { indexes[best.place]?[$0] ?? [] } }
    }

    private mutating func index(_ place: Int) {
        guard indexes[place] == nil else { return }
        var index: [StoreValue: Set<RowKey>] = [:]
        for (key, row) in rows { index[row.values[place], default: []].insert(key) }
        indexes[place] = index
    }

    private mutating func sortedKeys() -> [RowKey] {
        if let sorted { return sorted }
        let keys = rows.keys.sorted()
        sorted = keys
        return keys
    }
}

/// A row's key: equal and in order by its bytes, as in an engine.
struct RowKey: Hashable, Comparable {
    let text: String
    init(_ text: String) { self.text = text }

    static func == (one: RowKey, other: RowKey) -> Bool { one.text.isSameBytes(as: other.text) }
    static func < (one: RowKey, other: RowKey) -> Bool { one.text.precedesByBytes(other.text) }
}
