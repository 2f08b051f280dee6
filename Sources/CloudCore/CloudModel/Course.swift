// SPDX-License-Identifier: Apache-2.0

/// A day of the calendar, without a zone.
public struct LocalDay: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// 1 to 9999.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 28, 29, 30 or 31.
    public let day: Int

    /// A day; nil where the calendar has none such.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(of: month, in: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `2026-02-03`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let digits = parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard parts.map(\.utf8.count) == [4, 2, 2], digits, let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// `2026-02-03`
    public var description: String { "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }
    /// Earlier is smaller.
    public static func < (left: Self, right: Self) -> Bool { (left.year, left.month, left.day) < (right.year, right.month, right.day) }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let day = Self(text) else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no day") }
        self = day
    }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func days(of month: Int, in year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// What makes a group a course: when it is, and how far the leases of its machines reach.
public struct Course: Hashable, Sendable, Codable {
    /// Days on which nobody teaches.
    public struct Holiday: Hashable, Sendable, Codable {
        /// The first.
        public let first: LocalDay
        /// The last; it counts too.
        public let last: LocalDay
        /// Days from one to another.
        public init(first: LocalDay, last: LocalDay) {
            self.first = first
            self.last = last
        }
    }

    /// The IANA name of the zone that its days are of, for example `Europe/Budapest`.
    public var zone: String
    /// Its first day.
    public var start: LocalDay
    /// Its last day; it counts too.
    public var end: LocalDay
    /// Days on which nobody teaches.
    public var holidays: [Holiday]
    /// How often a lease may be renewed; nil for as often as one likes.
    public var maximumRenewals: Int?

    /// A course.
    public init(zone: String, start: LocalDay, end: LocalDay, holidays: [Holiday] = [], maximumRenewals: Int? = nil) {
        self.zone = zone
        self.start = start
        self.end = end
        self.holidays = holidays
        self.maximumRenewals = maximumRenewals
    }
}
