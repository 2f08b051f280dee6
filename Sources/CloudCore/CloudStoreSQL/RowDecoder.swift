// SPDX-License-Identifier: Apache-2.0

import CloudStore

/// Reads a value from one row, as ``RowEncoder`` wrote it.
struct RowDecoder {
    /// The columns, in the order of the rows.
    let columns: [String]

    /// The value of a row.
    func value<Value: Decodable>(_ type: Value.Type, of row: [StoreValue]) throws -> Value {
        try Value(from: RowSource(columns: columns, values: row))
    }
}

/// The row while it is read.
private final class RowSource: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let columns: [String]
    let values: [StoreValue]
    let scalar = ScalarDecoder()
    private var expected = 0

    init(columns: [String], values: [StoreValue]) {
        self.columns = columns
        self.values = values
    }

    /// Where a property is; nil where no column has its name. The same or the next column is looked at first.
    func position(of key: String) -> Int? {
        if expected < columns.count, columns[expected] == key { return expected }
        if expected + 1 < columns.count, columns[expected + 1] == key {
            expected += 1
            return expected
        }
        guard let found = columns.firstIndex(of: key) else { return nil }
        expected = found
        return found
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Columns(row: self))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw unfit() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw unfit() }

    func unfit() -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: "a row is read property by property"))
    }
}

/// The row as the properties see it.
private struct Columns<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let row: RowSource
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { row.columns.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { row.position(of: key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try value(key) == .null }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try row.scalar.reading(value(key)).decode(type) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try row.scalar.reading(value(key)).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let column = try value(key)
        do { return try Value(from: row.scalar.reading(column)) } catch is HasParts {
            guard case .text(let text) = column else { throw row.unfit() }
            return try PartsText.value(type, of: text)
        }
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        throw row.unfit()
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw row.unfit() }
    func superDecoder() throws -> any Decoder { throw row.unfit() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw row.unfit() }

    private func value(_ key: Key) throws -> StoreValue {
        guard let position = row.position(of: key.stringValue) else {
            throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: [], debugDescription: "no such column"))
        }
        return row.values[position]
    }
}

/// Reads a value that is one text, integer, truth value or nothing; notices when it is not.
private final class ScalarDecoder: Decoder, SingleValueDecodingContainer {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var value = StoreValue.null

    func reading(_ value: StoreValue) -> ScalarDecoder {
        self.value = value
        return self
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> { throw HasParts() }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw HasParts() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { value == .null }
    func decode(_ type: String.Type) throws -> String {
        guard case .text(let text) = value else { throw mismatch(type) }
        return text
    }
    func decode(_ type: Bool.Type) throws -> Bool { try integer(Int.self) != 0 }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode(_ type: Double.Type) throws -> Double { throw mismatch(type) }
    func decode(_ type: Float.Type) throws -> Float { throw mismatch(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        guard case .integer(let number) = value, let fit = Number(exactly: number) else { throw mismatch(type) }
        return fit
    }
    private func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, DecodingError.Context(codingPath: [], debugDescription: "the column holds \(value)"))
    }
}
