// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// Makes records out of nothing, so that a suite has one of every kind and none has to be kept up by hand when a property is added.
///
/// Two samples of different numbers differ in every id, address, name and figure; two of the same number are equal.
public struct RecordSample: Sendable {
    /// Which.
    public let number: UInt64
    /// Whether everything that may be absent is absent.
    public let isSparse: Bool

    /// A sample.
    public init(_ number: UInt64, isSparse: Bool = false) {
        self.number = number
        self.isSparse = isSparse
    }

    /// A value with every property filled in. Throws a decoding error that names a type which cannot be made up: let it be
    /// ``SampleValue`` then.
    public func make<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let made = type as? any SampleValue.Type, let value = made.sample(number) as? Value { return value }
        if let cases = type as? any CaseIterable.Type, let value = Self.one(of: cases, number) as? Value { return value }
        return try Value(from: SampleDecoder(sample: self))
    }

    private static func one<Cases: CaseIterable>(of cases: Cases.Type, _ number: UInt64) -> Any {
        let all = Array(cases.allCases)
        return all[Int(number % UInt64(all.count))]
    }
}

/// A value that has a spelling of its own, which ``RecordSample`` could not guess.
public protocol SampleValue {
    /// One of many.
    static func sample(_ number: UInt64) -> Self?
}

extension ID: SampleValue {
    /// An id whose last character counts.
    public static func sample(_ number: UInt64) -> ID? { ID(bits: number, 0) }
}
extension IPv4Address: SampleValue {
    /// In 10.0.0.0/8.
    public static func sample(_ number: UInt64) -> IPv4Address? { IPv4Address(number: 0x0A00_0000 | UInt32(number & 0xFF_FFFF)) }
}
extension IPv4Network: SampleValue {
    /// A network of 256 addresses in 10.0.0.0/8.
    public static func sample(_ number: UInt64) -> IPv4Network? {
        IPv4Network(base: IPv4Address(number: 0x0A00_0000 | UInt32(number & 0xFFFF) << 8), prefixLength: 24)
    }
}
extension IPv6Address: SampleValue {
    /// In fd00::/64.
    public static func sample(_ number: UInt64) -> IPv6Address? {
        IPv6Address(groups: [0xFD00, 0, 0, 0, 0, 0, UInt16(number >> 16 & 0xFFFF), UInt16(number & 0xFFFF)])
    }
}
extension MACAddress: SampleValue {
    /// Locally administered.
    public static func sample(_ number: UInt64) -> MACAddress? { MACAddress(number: 0x02 << 40 | number & 0xFF_FFFF_FFFF) }
}
extension DisplayName: SampleValue {
    /// A name that whoever pastes texts together would trip over.
    public static func sample(_ number: UInt64) -> DisplayName? {
        do { return try DisplayName("</name>'; DROP TABLE \"users\" -- ő🙂 \(number)") } catch { return nil }
    }
}
extension Tag: SampleValue {
    /// A tag that whoever pastes texts together would trip over.
    public static func sample(_ number: UInt64) -> Tag? {
        do { return try Tag("\"';--\(number)") } catch { return nil }
    }
}
extension LocalDay: SampleValue {
    /// A day of February.
    public static func sample(_ number: UInt64) -> LocalDay? { LocalDay(year: 2026, month: 2, day: Int(number % 28) + 1) }
}
extension DNSLabel: SampleValue {
    /// `sample-` and the number.
    public static func sample(_ number: UInt64) -> DNSLabel? {
        do { return try DNSLabel("sample-\(number)") } catch { return nil }
    }
}
