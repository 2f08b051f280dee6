// SPDX-License-Identifier: Apache-2.0

import CloudStore

/// Writes a value that is one text, integer, truth value or nothing; notices when it is not.
final class ScalarEncoder: Encoder, SingleValueEncodingContainer {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    var value: StoreValue?
    var hasParts = false

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        hasParts = true
        return KeyedEncodingContainer(NoKeyedParts())
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        hasParts = true
        return NoParts()
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() throws { value = .null }
    func encode(_ text: String) throws { value = .text(text) }
    func encode(_ truth: Bool) throws { value = .integer(truth ? 1 : 0) }
    func encode(_ number: Int) throws { value = .integer(Int64(number)) }
    func encode(_ number: Int8) throws { value = .integer(Int64(number)) }
    func encode(_ number: Int16) throws { value = .integer(Int64(number)) }
    func encode(_ number: Int32) throws { value = .integer(Int64(number)) }
    func encode(_ number: Int64) throws { value = .integer(number) }
    func encode(_ number: UInt8) throws { value = .integer(Int64(number)) }
    func encode(_ number: UInt16) throws { value = .integer(Int64(number)) }
    func encode(_ number: UInt32) throws { value = .integer(Int64(number)) }
    func encode(_ number: UInt) throws { try encode(UInt64(number)) }
    func encode(_ number: UInt64) throws {
        guard let signed = Int64(exactly: number) else { throw Self.noColumn(number) }
        value = .integer(signed)
    }
    func encode(_ number: Double) throws { throw Self.noColumn(number) }
    func encode(_ number: Float) throws { throw Self.noColumn(number) }
    func encode<Value: Encodable>(_ value: Value) throws { try value.encode(to: self) }

    private static func noColumn(_ value: any Encodable) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: [], debugDescription: "no column holds fractions or 64 bits without a sign"))
    }
}

/// Stops at the first part that is written.
struct NoKeyedParts<Key: CodingKey>: KeyedEncodingContainerProtocol {
    var codingPath: [any CodingKey] { [] }
    func encodeNil(forKey key: Key) throws { throw HasParts() }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { throw HasParts() }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(NoKeyedParts<Nested>())
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { NoParts() }
    func superEncoder() -> any Encoder { ScalarEncoder() }
    func superEncoder(forKey key: Key) -> any Encoder { ScalarEncoder() }
}

/// Stops at the first part that is written.
struct NoParts: UnkeyedEncodingContainer {
    var codingPath: [any CodingKey] { [] }
    var count: Int { 0 }
    func encodeNil() throws { throw HasParts() }
    func encode<Value: Encodable>(_ value: Value) throws { throw HasParts() }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(NoKeyedParts<Nested>())
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { NoParts() }
    func superEncoder() -> any Encoder { ScalarEncoder() }
}
