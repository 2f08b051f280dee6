// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A value as a column holds it.
public enum StoreValue: Hashable, Sendable {
    /// Nothing.
    case null
    /// An integer, a truth value (0, 1), a moment in milliseconds, a size in bytes.
    case integer(Int64)
    /// A text, an id, an address.
    case text(String)

    /// An id's text.
    public static func id<Kind>(_ id: ID<Kind>) -> StoreValue { .text(id.text) }
    /// A moment.
    public static func time(_ moment: Timestamp) -> StoreValue { .integer(moment.milliseconds) }
}

extension StoreValue {
    /// Texts by their bytes, as stores compare: two spellings of one letter are two texts, which Swift's own calls equal.
    public static func == (one: StoreValue, other: StoreValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.integer(let one), .integer(let other)): one == other
        case (.text(let one), .text(let other)): one.isSameBytes(as: other)
        default: false
        }
    }
}

/// What rows a query names.
public indirect enum Condition<Record: StoredRecord>: Sendable {
    /// The column holds the value (`null` matches `null`).
    case equals(Record.Column, StoreValue)
    /// The column holds one of the values.
    case isIn(Record.Column, [StoreValue])
    /// The column is smaller; null never is.
    case below(Record.Column, StoreValue)
    /// The column is larger; null never is.
    case above(Record.Column, StoreValue)
    /// The column's list has the text as a member.
    case lists(Record.Column, String)
    /// One of them holds.
    case any([Condition])
    /// The column `owner` is the first subject, or a grant that holds at the moment names the column given (an object's id) and one of
    /// the subjects.
    case visible(object: Record.Column, subjects: [String], at: Timestamp)
}

/// Which rows, in which order.
public struct Query<Record: StoredRecord>: Sendable {
    /// All must hold.
    public var conditions: [Condition<Record>]
    /// The column to order by; ties are broken by `id` in the same direction.
    public var order: Record.Column?
    /// Largest first.
    public var descending: Bool
    /// At most so many; nil for all.
    public var limit: Int?

    /// A query; without order the rows come in order of `id`.
    public init(_ conditions: Condition<Record>..., order: Record.Column? = nil, descending: Bool = false, limit: Int? = nil) {
        self.init(conditions: conditions, order: order, descending: descending, limit: limit)
    }

    /// A query of a list of conditions.
    public init(conditions: [Condition<Record>], order: Record.Column? = nil, descending: Bool = false, limit: Int? = nil) {
        self.conditions = conditions
        self.order = order
        self.descending = descending
        self.limit = limit
    }
}
