// SPDX-License-Identifier: Apache-2.0

/// A moment of wall time in UTC, to the millisecond, between the years 1 and 9999.
///
/// Stored as milliseconds since 1970-01-01T00:00:00Z. It is a value: where "now" comes from is the caller's ``WallClock``.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// A moment; one outside the years 1 to 9999 is moved to the nearest that is inside.
    public init(milliseconds: Int64) { self.milliseconds = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999) }
    /// Whole seconds since 1970-01-01T00:00:00Z.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        self.init(milliseconds: overflow ? (seconds < 0 ? .min : .max) : product)
    }

    /// The order of time.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    /// A later moment (an earlier one for a negative duration), to the millisecond.
    public static func + (left: Self, right: Duration) -> Self {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.wholeMilliseconds)
        return Self(milliseconds: overflow ? (right < .zero ? .min : .max) : sum)
    }
    /// An earlier moment.
    public static func - (left: Self, right: Duration) -> Self { left + (.zero - right) }
    /// The time between two moments.
    public static func - (left: Self, right: Self) -> Duration { .milliseconds(left.milliseconds - right.milliseconds) }

    /// Reads the integer.
    public init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Writes milliseconds as an integer: what rows and journals keep. The API's RFC 3339 text is made at the edge.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

extension Duration {
    /// Milliseconds, towards zero; stays at the largest number instead of overflowing.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflowed ? product : sum
    }
}

/// Where wall time comes from: the system's in a daemon, the simulator's in a simulation, a hand-moved one in a test.
public protocol WallClock: Sendable {
    /// The present moment; may jump in either direction, as system clocks do.
    func now() -> Timestamp
}
