// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Foundation

extension Course {
    /// When it is, in moments: from the first minute of its first day to the first after its last. A midnight that a zone leaves out
    /// (daylight saving) is the next valid minute. Nil where the zone is not known here.
    public var span: Range<Timestamp>? { span(from: start, through: end) }

    /// Whether a moment is in it; true where its zone is not known, for a zone that somebody misspelt takes nothing from anybody.
    public func isOpen(at now: Timestamp) -> Bool { span?.contains(now) ?? true }

    /// Dates as far as the course allows them: none is after its end, *never* neither; and what would be suspended in a holiday that is
    /// still to come is suspended where the holiday begins, for nobody teaches then and suspending loses nothing.
    public func clip(_ dates: LeaseDates, at now: Timestamp) -> LeaseDates {
        guard let span else { return dates }
        let end = span.upperBound
        var suspendAt = min(dates.suspendAt ?? end, end)
        if let free = freeSpans.first(where: { $0.contains(suspendAt) }), now < free.lowerBound { suspendAt = free.lowerBound }
        return LeaseDates(suspendAt: suspendAt, destroyAt: min(dates.destroyAt ?? end, end))
    }

    /// When nobody teaches, in moments and in their order; holidays that overlap or follow one another at once are one.
    private var freeSpans: [Range<Timestamp>] {
        let spans = holidays.compactMap { span(from: $0.first, through: $0.last) }.sorted { $0.lowerBound < $1.lowerBound }
        return spans.reduce(into: []) { merged, next in
            if let last = merged.last, next.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, next.upperBound)
            } else {
                merged.append(next)
            }
        }
    }

    private func span(from first: LocalDay, through last: LocalDay) -> Range<Timestamp>? {
        guard let timeZone = TimeZone(identifier: zone) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        // Noon is there on every day; where a day begins, the calendar knows.
        func noon(_ day: LocalDay) -> Date? {
            calendar.date(from: DateComponents(year: day.year, month: day.month, day: day.day, hour: 12))
        }
        guard let from = noon(first), let to = noon(last), let next = calendar.date(byAdding: .day, value: 1, to: to) else { return nil }
        let (begin, end) = (moment(calendar.startOfDay(for: from)), moment(calendar.startOfDay(for: next)))
        return begin < end ? begin..<end : nil
    }

    private func moment(_ date: Date) -> Timestamp { Timestamp(seconds: Int64(date.timeIntervalSince1970.rounded())) }
}
