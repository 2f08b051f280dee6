// SPDX-License-Identifier: Apache-2.0

/// Digits as bytes, in place: an address is read for every port of every picture of a network, and characters or pieces of their own cost
/// ten times as much.
private enum Digits {
    typealias Text = Slice<UnsafeBufferPointer<UInt8>>

    /// Gives the groups of digits between separators one after the other, with how many digits each has. False where anything else is in
    /// the text, a group is empty or has more than `most` digits, or `take` wants no more.
    static func eachGroup(
        of text: Text, separator: UInt8, base: UInt32, upTo most: Int, _ take: (_ number: UInt32, _ digits: Int) -> Bool
    ) -> Bool {
        var (number, digits): (UInt32, Int) = (0, 0)
        for byte in text {
            if byte == separator {
                guard digits > 0, take(number, digits) else { return false }
                (number, digits) = (0, 0)
            } else {
                guard digits < most, let digit = value(of: byte), digit < base else { return false }
                number = number * base + digit
                digits += 1
            }
        }
        return digits > 0 && take(number, digits)
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// An IPv4 address.
public struct IPv4Address: Hashable, Comparable, Sendable {
    /// The address as a number, the first byte the highest.
    public let number: UInt32
    /// The address of a number.
    public init(number: UInt32) { self.number = number }
    /// Takes dotted decimal, four numbers without leading zeros; nil otherwise.
    public init?(_ text: some StringProtocol) { self.init(String(text)) }
    /// The four bytes.
    public var bytes: [UInt8] { [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)] }
    /// By number.
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
extension IPv4Address: LosslessStringConvertible, Codable {
    /// Dotted decimal.
    public var description: String { bytes.map(String.init).joined(separator: ".") }
    /// As ``init(_:)-(StringProtocol)``.
    public init?(_ description: String) {
        var (description, number, parts): (String, UInt32, Int) = (description, 0, 0)
        let isWhole = description.withUTF8 { text in
            Digits.eachGroup(of: text[...], separator: UInt8(ascii: "."), base: 10, upTo: 3) { part, digits in
                number = number << 8 | part
                parts += 1
                return part <= 255 && (digits == 1 || part >= (digits == 2 ? 10 : 100)) && parts <= 4
            }
        }
        guard isWhole, parts == 4 else { return nil }
        self.number = number
    }
    /// Reads dotted decimal.
    public init(from decoder: any Decoder) throws { self = try decoder.lossless(Self.self) }
    /// Writes dotted decimal.
    public func encode(to encoder: any Encoder) throws { try encoder.lossless(self) }
}

/// An IPv4 network: an address range of a power of two, as `10.7.0.0/24`.
public struct IPv4Network: Hashable, Sendable {
    /// The lowest address, all host bits zero.
    public let base: IPv4Address
    /// 0 to 32.
    public let prefixLength: Int
    /// Takes a base and a prefix; nil where a host bit is set or the prefix is out of 0 to 32.
    public init?(base: IPv4Address, prefixLength: Int) {
        guard (0...32).contains(prefixLength), base.number & ~Self.mask(prefixLength) == 0 else { return nil }
        self.base = base
        self.prefixLength = prefixLength
    }
    /// The netmask.
    public var mask: IPv4Address { IPv4Address(number: Self.mask(prefixLength)) }
    /// The highest address.
    public var broadcast: IPv4Address { IPv4Address(number: base.number | ~Self.mask(prefixLength)) }
    /// Whether the address lies inside.
    public func contains(_ address: IPv4Address) -> Bool { address.number & Self.mask(prefixLength) == base.number }
    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : UInt32.max << UInt32(32 - length) }
}
extension IPv4Network: LosslessStringConvertible, Codable {
    /// CIDR.
    public var description: String { "\(base)/\(prefixLength)" }
    /// Takes CIDR, as `10.7.0.0/24`; nil where a host bit is set.
    public init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPv4Address(parts[0]), let length = Int(parts[1]), String(length) == parts[1] else { return nil }
        self.init(base: base, prefixLength: length)
    }
    /// Reads CIDR.
    public init(from decoder: any Decoder) throws { self = try decoder.lossless(Self.self) }
    /// Writes CIDR.
    public func encode(to encoder: any Encoder) throws { try encoder.lossless(self) }
}

/// An IPv6 address, written as RFC 5952 asks.
public struct IPv6Address: Hashable, Comparable, Sendable {
    /// Eight groups, the first the highest.
    public let groups: [UInt16]
    /// An address of exactly eight groups; nil for another number.
    public init?(groups: [UInt16]) {
        guard groups.count == 8 else { return nil }
        self.groups = groups
    }
    /// The link-local address that a guest makes of its MAC (modified EUI-64, RFC 4291 appendix A).
    public init(linkLocalOf mac: MACAddress) {
        let m = mac.bytes
        groups = [
            0xFE80, 0, 0, 0, UInt16(m[0] ^ 2) << 8 | UInt16(m[1]), UInt16(m[2]) << 8 | 0xFF, 0xFE00 | UInt16(m[3]),
            UInt16(m[4]) << 8 | UInt16(m[5]),
        ]
    }
    /// By number.
    public static func < (left: Self, right: Self) -> Bool { left.groups.lexicographicallyPrecedes(right.groups) }
}
extension IPv6Address: LosslessStringConvertible, Codable {
    /// RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`.
    public var description: String {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = end + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? text(groups[...]) : text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
    /// Takes groups of hexadecimal digits with at most one `::`; no zone, no embedded IPv4; nil otherwise.
    public init?(_ description: String) {
        var (description, groups): (String, [UInt16]) = (description, [])
        groups.reserveCapacity(8)
        let isWhole = description.withUTF8 { text in
            func read(_ part: Digits.Text) -> Bool {
                part.isEmpty
                    || Digits.eachGroup(of: part, separator: UInt8(ascii: ":"), base: 16, upTo: 4) { group, _ in
                        groups.append(UInt16(truncatingIfNeeded: group))
                        return groups.count <= 8
                    }
            }
            guard text.count <= 39 else { return false }
            let gap = text.indices.dropFirst().first { text[$0] == UInt8(ascii: ":") && text[$0 - 1] == text[$0] }
            guard let gap else { return read(text[...]) && groups.count == 8 }
            guard read(text[..<(gap - 1)]) else { return false }
            let front = groups.count
            guard read(text[(gap + 1)...]), groups.count < 8 else { return false }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: front)
            return true
        }
        guard isWhole else { return nil }
        self.groups = groups
    }
    /// Reads the text.
    public init(from decoder: any Decoder) throws { self = try decoder.lossless(Self.self) }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws { try encoder.lossless(self) }
}

/// A MAC address.
public struct MACAddress: Hashable, Comparable, Sendable {
    /// The address in the low 48 bits.
    public let number: UInt64
    /// The address of the low 48 bits of a number.
    public init(number: UInt64) { self.number = number & 0xFFFF_FFFF_FFFF }
    /// `02:` and five bytes of a hash of the port's id (FNV-1a, 64 bit): locally administered, the same for ever. Two ids may share
    /// one; whoever stores a port sees to it that its address is unique in the cloud (invariant I1), and asks for the next attempt
    /// where it is not. The first is 0.
    public init(of port: ID<PortKind>, attempt: Int = 0) {
        let hash = FNV1a.hash(attempt == 0 ? port.text : "\(port.text)/\(attempt)")
        self.init(number: 0x02 << 40 | (hash ^ hash >> 40) & 0xFF_FFFF_FFFF)
    }
    /// The six bytes.
    public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: number >> UInt64(40 - 8 * $0)) } }
    /// By number.
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
extension MACAddress: LosslessStringConvertible, Codable {
    /// Lower case with colons.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
    /// Takes six pairs of hexadecimal digits with colons; nil otherwise.
    public init?(_ description: String) {
        var (description, number, pairs): (String, UInt64, Int) = (description, 0, 0)
        let isWhole = description.withUTF8 { text in
            Digits.eachGroup(of: text[...], separator: UInt8(ascii: ":"), base: 16, upTo: 2) { pair, digits in
                number = number << 8 | UInt64(pair)
                pairs += 1
                return digits == 2 && pairs <= 6
            }
        }
        guard isWhole, pairs == 6 else { return nil }
        self.init(number: number)
    }
    /// Reads the text.
    public init(from decoder: any Decoder) throws { self = try decoder.lossless(Self.self) }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws { try encoder.lossless(self) }
}

extension Decoder {
    fileprivate func lossless<Value: LosslessStringConvertible>(_: Value.Type) throws -> Value {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Value(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no \(Value.self)")
        }
        return value
    }
}
extension Encoder {
    fileprivate func lossless(_ value: some LosslessStringConvertible) throws {
        var container = singleValueContainer()
        try container.encode(value.description)
    }
}
