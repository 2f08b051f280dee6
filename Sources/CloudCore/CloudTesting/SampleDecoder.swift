// SPDX-License-Identifier: Apache-2.0

/// Answers whatever a value asks for while it is decoded.
struct SampleDecoder: Decoder, SingleValueDecodingContainer {
    let sample: RecordSample
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(SampleParts(sample: sample))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { SampleList(sample: sample) }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { sample.isSparse }
    func decode(_ type: Bool.Type) throws -> Bool { sample.number % 2 == 1 }
    func decode(_ type: String.Type) throws -> String { "text 'with' \"quotes\" \(sample.number)" }
    func decode(_ type: Int.Type) throws -> Int { Int(truncatingIfNeeded: sample.number) }
    func decode(_ type: Int8.Type) throws -> Int8 { Int8(truncatingIfNeeded: sample.number) }
    func decode(_ type: Int16.Type) throws -> Int16 { Int16(truncatingIfNeeded: sample.number) }
    func decode(_ type: Int32.Type) throws -> Int32 { Int32(truncatingIfNeeded: sample.number) }
    func decode(_ type: Int64.Type) throws -> Int64 { Int64(truncatingIfNeeded: sample.number) }
    func decode(_ type: UInt.Type) throws -> UInt { UInt(truncatingIfNeeded: sample.number) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { UInt8(truncatingIfNeeded: sample.number) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { UInt16(truncatingIfNeeded: sample.number) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { UInt32(truncatingIfNeeded: sample.number) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { sample.number }
    func decode(_ type: Double.Type) throws -> Double { Double(sample.number) }
    func decode(_ type: Float.Type) throws -> Float { Float(sample.number) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try sample.make(type) }
}

/// Every property is there; in a sparse sample those that may be absent are.
private struct SampleParts<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let sample: RecordSample
    var codingPath: [any CodingKey] { [] }
    /// What a dictionary has.
    var allKeys: [Key] { sample.isSparse ? [] : [Key(stringValue: "key-\(sample.number)")].compactMap { $0 } }

    func contains(_ key: Key) -> Bool { !sample.isSparse }
    func decodeNil(forKey key: Key) throws -> Bool { sample.isSparse }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try sample.make(type) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(SampleParts<Nested>(sample: sample))
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { SampleList(sample: sample) }
    func superDecoder() throws -> any Decoder { SampleDecoder(sample: sample) }
    func superDecoder(forKey key: Key) throws -> any Decoder { SampleDecoder(sample: sample) }
}

/// One element, or none in a sparse sample.
private struct SampleList: UnkeyedDecodingContainer {
    let sample: RecordSample
    var codingPath: [any CodingKey] { [] }
    var count: Int? { sample.isSparse ? 0 : 1 }
    private(set) var currentIndex = 0
    var isAtEnd: Bool { currentIndex == count }

    init(sample: RecordSample) { self.sample = sample }

    mutating func decodeNil() throws -> Bool { false }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        currentIndex += 1
        return try sample.make(type)
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        currentIndex += 1
        return KeyedDecodingContainer(SampleParts<Nested>(sample: sample))
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        currentIndex += 1
        return SampleList(sample: sample)
    }
    mutating func superDecoder() throws -> any Decoder { SampleDecoder(sample: sample) }
}
