// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL

/// A condition of a query, with the columns' places instead of their names: what one row is asked.
indirect enum RowTest {
    case isIn(Int, Set<StoreValue>)
    case below(Int, StoreValue)
    case above(Int, StoreValue)
    case lists(Int, String)
    case any([RowTest])
    /// The owner's column, where the table has one, and the object's; who asks first, and the objects that are granted.
    case visible(owner: Int?, object: Int, first: StoreValue, objects: Set<StoreValue>)

    func holds(of row: [StoreValue]) -> Bool {
        switch self {
        case .isIn(let place, let values): values.contains(row[place])
        case .below(let place, let value): row[place] != .null && row[place].precedes(value)
        case .above(let place, let value): value != .null && row[place] != .null && value.precedes(row[place])
        case .lists(let place, let member): row[place].lists(member)
        case .any(let tests): tests.contains { $0.holds(of: row) }
        case .visible(let owner, let object, let first, let objects):
            owner.map { row[$0] == first } == true || objects.contains(row[object])
        }
    }
}

extension StoreValue {
    /// As SQLite orders: nothing, numbers, texts by their bytes.
    func precedes(_ other: StoreValue) -> Bool {
        switch (self, other) {
        case (.integer(let one), .integer(let other)): one < other
        case (.text(let one), .text(let other)): one.precedesByBytes(other)
        case (.null, .integer), (.null, .text), (.integer, .text): true
        default: false
        }
    }

    /// Whether a column with a list has a text as a member.
    fileprivate func lists(_ member: String) -> Bool {
        guard case .text(let text) = self else { return false }
        // What is no list of texts has none as a member.
        do { return try PartsText.value([String].self, of: text).contains { StoreValue.text($0) == .text(member) } } catch { return false }
    }
}
