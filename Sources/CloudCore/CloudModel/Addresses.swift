// SPDX-License-Identifier: Apache-2.0

/// Digits as bytes: an address is read for every port of every picture of a network, and characters cost ten times as much.
private enum Digits {
    /// The number of 1 to `most` digits of base 10 or 16; nil for anything else.
    static func number(_ text: some Collection<UInt8>, base: UInt32, upTo most: Int) -> UInt32? {
        guard (1...most).contains(text.count) else { return nil }
        var number: UInt32 = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            guard digit < base else { return nil }
            number = number * base + UInt32(digit)
        }
        return number
    }
}

/// An IPv4 address.
public struct IPv4Address: Hashable, Comparable, Sendable {
    /// The address as a number, the first byte the highest.
    public let number: UInt32
    /// The address of a number.
    public init(number: UInt32) { self.number = number }
    /// Takes dotted decimal, four numbers without leading zeros; nil otherwise.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard part.count == 1 || part.first != UInt8(ascii: "0"), let byte = Digits.number(part, base: 10, upTo: 3), byte <= 255 else {
                return nil
            }
            number = number << 8 | byte
        }
        self.number = number
    }
    /// The four bytes.
    public var bytes: [UInt8] { [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)] }
    /// By number.
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
extension IPv4Address: LosslessStringConvertible, Codable {
    /// Dotted decimal.
    public var description: String { bytes.map(String.init).joined(separator: ".") }
    /// As ``init(_:)-(StringProtocol)``.
    public init?(_ description: String) { self.init(Substring(description)) }
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
        func parse(_ text: ArraySlice<UInt8>) -> [UInt16]? {
            if text.isEmpty { return [] }
            let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let groups = parts.compactMap { Digits.number($0, base: 16, upTo: 4).map { UInt16(truncatingIfNeeded: $0) } }
            return groups.count == parts.count ? groups : nil
        }
        let text = Array(description.utf8)
        guard text.count <= 39 else { return nil }
        guard let gap = text.indices.dropFirst().first(where: { text[$0] == UInt8(ascii: ":") && text[$0 - 1] == text[$0] }) else {
            guard let groups = parse(text[...]) else { return nil }
            self.init(groups: groups)
            return
        }
        guard let front = parse(text[..<(gap - 1)]), let back = parse(text[(gap + 1)...]), front.count + back.count < 8 else { return nil }
        self.init(groups: front + Array(repeating: 0, count: 8 - front.count - back.count) + back)
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
        let parts = description.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 6, omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.count == 2 ? Digits.number($0, base: 16, upTo: 2) : nil }
        guard bytes.count == 6, parts.count == 6 else { return nil }
        self.init(number: bytes.reduce(0) { $0 << 8 | UInt64($1) })
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
