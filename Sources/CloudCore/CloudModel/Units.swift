// SPDX-License-Identifier: Apache-2.0

/// A number of bytes, never negative. JSON: an integer below 2^53.
public struct ByteCount: Hashable, Comparable, Sendable, Codable {
    /// The count.
    public let bytes: Int64

    /// A count of bytes; a negative number becomes zero, for no amount of memory or disk is negative.
    public init(bytes: Int64) { self.bytes = max(0, bytes) }
    /// 2^10 bytes each.
    public static func kibibytes(_ count: Int64) -> Self { Self(bytes: count.saturatingMultiply(1 << 10)) }
    /// 2^20 bytes each.
    public static func mebibytes(_ count: Int64) -> Self { Self(bytes: count.saturatingMultiply(1 << 20)) }
    /// 2^30 bytes each.
    public static func gibibytes(_ count: Int64) -> Self { Self(bytes: count.saturatingMultiply(1 << 30)) }
    /// Nothing.
    public static let zero = Self(bytes: 0)

    /// Whole kibibytes, rounded up: what libvirt's memory element takes.
    public var kibibytesUp: Int64 { bytes / 1024 + (bytes % 1024 == 0 ? 0 : 1) }

    /// The order of the counts.
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
    /// The sum; stays at the largest count instead of overflowing.
    public static func + (left: Self, right: Self) -> Self { Self(bytes: left.bytes.saturatingAdd(right.bytes)) }
    /// The difference; zero where the right side is larger.
    public static func - (left: Self, right: Self) -> Self { Self(bytes: left.bytes - right.bytes) }
    /// The multiple; stays at the largest count instead of overflowing.
    public static func * (left: Self, right: Int) -> Self { Self(bytes: left.bytes.saturatingMultiply(Int64(right))) }

    /// Reads the integer; a negative one is a decoding error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bytes = try container.decode(Int64.self)
        guard bytes >= 0 else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "a size is not negative") }
        self.bytes = bytes
    }

    /// Writes the integer.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}

extension ByteCount: CustomStringConvertible {
    /// For people: `512 MiB`, `1.5 GiB`, `17 bytes`.
    public var description: String {
        for (size, unit) in [(Int64(1) << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] where bytes >= size {
            let tenths = bytes / (size / 10)
            return bytes % size == 0 || tenths % 10 == 0 ? "\(bytes / size) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(bytes) bytes"
    }
}

/// A number of virtual processors, never negative.
public struct CPUCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The count.
    public let count: Int

    /// A count of processors; a negative number becomes zero.
    public init(_ count: Int) { self.count = max(0, count) }
    /// None.
    public static let zero = Self(0)

    /// The order of the counts.
    public static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    /// The sum.
    public static func + (left: Self, right: Self) -> Self { Self(Int(Int64(left.count).saturatingAdd(Int64(right.count)))) }
    /// The difference; zero where the right side is larger.
    public static func - (left: Self, right: Self) -> Self { Self(left.count - right.count) }
    /// The multiple.
    public static func * (left: Self, right: Int) -> Self { Self(Int(Int64(left.count).saturatingMultiply(Int64(right)))) }
    /// The number.
    public var description: String { String(count) }

    /// Reads the integer; a negative one is a decoding error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let count = try container.decode(Int.self)
        guard count >= 0 else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "a count is not negative") }
        self.count = count
    }

    /// Writes the integer.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}

extension Int64 {
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
    fileprivate func saturatingMultiply(_ other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
