// SPDX-License-Identifier: Apache-2.0

package import CloudStore

/// Writes a value as one row, so that no record needs a mapping by hand: each property is the column named as its coding key.
///
/// Texts, integers, truth values and whatever encodes as one of them become TEXT and INTEGER, nil becomes NULL, and everything with
/// parts (structures, lists, dictionaries) becomes JSON text with sorted keys.
package struct RowEncoder {
    /// The columns, in the order of the row. A property that has none is an error; a column that no property fills is NULL.
    let columns: [String]

    /// An encoder for these columns.
    package init(columns: [String]) { self.columns = columns }

    /// The row of a value.
    package func row(of value: some Encodable) throws -> [StoreValue] {
        let row = Row(columns)
        do { try value.encode(to: row) } catch is HasParts { row.isUnfit = true }
        guard !row.isUnfit else { throw unfit(value, "a row is written property by property") }
        return row.values
    }

    /// What one property becomes.
    static func column(of value: some Encodable, _ scalar: ScalarEncoder = ScalarEncoder()) throws -> StoreValue {
        scalar.value = nil
        scalar.hasParts = false
        do { try value.encode(to: scalar) } catch is HasParts { return .text(try PartsText.text(of: value)) }
        if scalar.hasParts { return .text(try PartsText.text(of: value)) }
        guard let column = scalar.value else { throw unfit(value, "nothing was written") }
        return column
    }
}

private func unfit(_ value: some Encodable, _ reason: String) -> EncodingError {
    .invalidValue(value, EncodingError.Context(codingPath: [], debugDescription: reason))
}

/// Thrown inside where a value turns out to have parts.
struct HasParts: Error {}

/// The row while it is written.
private final class Row: Encoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let columns: [String]
    var values: [StoreValue]
    var isUnfit = false
    let scalar = ScalarEncoder()
    private var expected = 0

    init(_ columns: [String]) {
        self.columns = columns
        values = Array(repeating: .null, count: columns.count)
    }

    /// Where a property goes. Properties come in the order of their columns as a rule, so the next one is looked at first.
    func position(of key: String) throws -> Int {
        if expected >= columns.count || columns[expected] != key {
            guard let found = columns.firstIndex(of: key) else {
                throw EncodingError.invalidValue(
                    key, EncodingError.Context(codingPath: [], debugDescription: "\(key) is no column of \(columns)"))
            }
            expected = found
        }
        expected += 1
        return expected - 1
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> { KeyedEncodingContainer(Columns(row: self)) }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        isUnfit = true
        return NoParts()
    }
    func singleValueContainer() -> any SingleValueEncodingContainer {
        isUnfit = true
        return ScalarEncoder()
    }
}

/// The row as the properties see it.
private struct Columns<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let row: Row
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws { row.values[try row.position(of: key.stringValue)] = .null }
    func encode(_ value: String, forKey key: Key) throws { row.values[try row.position(of: key.stringValue)] = .text(value) }
    func encode(_ value: Bool, forKey key: Key) throws { row.values[try row.position(of: key.stringValue)] = .integer(value ? 1 : 0) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        row.values[try row.position(of: key.stringValue)] = try RowEncoder.column(of: value, row.scalar)
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        row.isUnfit = true
        return KeyedEncodingContainer(NoKeyedParts())
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        row.isUnfit = true
        return NoParts()
    }
    func superEncoder() -> any Encoder {
        row.isUnfit = true
        return ScalarEncoder()
    }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}
