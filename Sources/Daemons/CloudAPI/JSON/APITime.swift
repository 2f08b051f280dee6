// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A moment as the API writes it: RFC 3339 in UTC, to the millisecond where it is not a whole second.
public struct APITime: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The moment.
    public let moment: Timestamp
    /// A moment.
    public init(_ moment: Timestamp) { self.moment = moment }

    /// Reads RFC 3339 with `Z` or an offset; nil for anything else, also for the leap second `:60`, which no clock of ours shows.
    public init?(_ text: String) {
        guard let moment = RFC3339.parse(Array(text.utf8)) else { return nil }
        self.moment = moment
    }

    /// `2026-02-03T09:00:00Z`, `2026-02-03T09:00:00.250Z`.
    public var description: String { RFC3339.text(moment) }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = APITime(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a time is due here, as 2026-02-03T09:00:00Z")
        }
        self = time
    }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The calendar arithmetic of RFC 3339 without locale, zone or library: days from the civil calendar and back (the proleptic
/// Gregorian calendar in eras of 400 years, after Howard Hinnant's "chrono-compatible low-level date algorithms").
enum RFC3339 {
    static func text(_ moment: Timestamp) -> String {
        let seconds = floorDivide(moment.milliseconds, 1000)
        let millisecond = moment.milliseconds - seconds * 1000
        let day = floorDivide(seconds, 86_400)
        let second = seconds - day * 86_400
        let (year, month, dayOfMonth) = civil(fromDays: day)
        let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))"
        let time = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
        return "\(date)T\(time)\(millisecond == 0 ? "" : "." + pad(millisecond, 3))Z"
    }

    static func parse(_ text: [UInt8]) -> Timestamp? {
        guard (20...40).contains(text.count) else { return nil }
        func number(_ range: Range<Int>, _ allowed: ClosedRange<Int64>) -> Int64? {
            guard range.upperBound <= text.count, text[range].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let value = Int64(String(decoding: text[range], as: UTF8.self))
            return value.flatMap { allowed.contains($0) ? $0 : nil }
        }
        func has(_ byte: Character, at index: Int) -> Bool { index < text.count && text[index] == byte.asciiValue }
        guard let year = number(0..<4, 1...9999), has("-", at: 4), let month = number(5..<7, 1...12), has("-", at: 7),
            let day = number(8..<10, 1...daysInMonth(year, month)), has("T", at: 10) || has("t", at: 10),
            let hour = number(11..<13, 0...23), has(":", at: 13), let minute = number(14..<16, 0...59), has(":", at: 16),
            let second = number(17..<19, 0...59)
        else { return nil }
        var index = 19
        var milliseconds: Int64 = 0
        if has(".", at: index) {
            let digits = text[(index + 1)...].prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            milliseconds = Int64(String(decoding: Array((digits + [0x30, 0x30]).prefix(3)), as: UTF8.self)) ?? 0
            index += 1 + digits.count
        }
        guard let offset = offset(text, from: index, number) else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Timestamp(milliseconds: seconds * 1000 + milliseconds)
    }

    private static func offset(_ text: [UInt8], from index: Int, _ number: (Range<Int>, ClosedRange<Int64>) -> Int64?) -> Int64? {
        guard index < text.count else { return nil }
        switch text[index] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): return index + 1 == text.count ? 0 : nil
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard text.count == index + 6, text[index + 3] == UInt8(ascii: ":"), let hours = number(index + 1..<index + 3, 0...23),
                let minutes = number(index + 4..<index + 6, 0...59)
            else { return nil }
            return (text[index] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = floorDivide(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }

    private static func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floorDivide(_ left: Int64, _ right: Int64) -> Int64 {
        let quotient = left / right
        return left % right < 0 ? quotient - 1 : quotient
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
