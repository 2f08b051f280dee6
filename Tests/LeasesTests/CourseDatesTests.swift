// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Leases
import Testing

/// A course's days are days of its own zone, and no date reaches past its end.
@Suite struct CourseDatesTests {
    private func moment(_ text: String) throws -> Timestamp {
        Timestamp(seconds: Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970))
    }
    private func course(
        _ start: String, _ end: String, in zone: String = "Europe/Budapest", holidays: [(String, String)] = []
    ) throws -> Course {
        Course(
            zone: zone, start: try #require(LocalDay(start)), end: try #require(LocalDay(end)),
            holidays: try holidays.map { Course.Holiday(first: try #require(LocalDay($0.0)), last: try #require(LocalDay($0.1))) })
    }

    @Test(arguments: [
        // Winter to summer and back: the hour is the zone's.
        ("Europe/Budapest", "2026-02-09", "2026-05-22", "2026-02-08T23:00:00Z", "2026-05-22T22:00:00Z"),
        ("Europe/Budapest", "2026-03-29", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Budapest", "2026-10-25", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        // A leap day is a day, and the last of February is not the 28th then.
        ("UTC", "2028-02-28", "2028-02-29", "2028-02-28T00:00:00Z", "2028-03-01T00:00:00Z"),
        // A midnight that is left out: the day begins at one.
        ("Asia/Beirut", "2022-03-27", "2022-03-27", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z"),
        // A day that a zone left out whole.
        ("Pacific/Apia", "2011-12-29", "2011-12-31", "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"),
    ]) func aCourseIsFromItsFirstMidnightToTheOneAfterItsLast(zone: String, first: String, last: String, from: String, until: String) throws
    {
        let span = try #require(try course(first, last, in: zone).span)
        #expect(try span == moment(from)..<moment(until))
    }

    @Test func noDateIsAfterTheEndAndNeverIsTheEnd() throws {
        let course = try course("2026-02-09", "2026-05-22")
        let (now, end) = (try moment("2026-05-20T10:00:00Z"), try moment("2026-05-22T22:00:00Z"))
        for policy in [LeaseIntervals.lab, .project, .server, LeaseIntervals(suspendAfter: .never, destroyAfter: .never)] {
            let dates = Leases.renewed(from: nil, by: policy, within: course, at: now)
            #expect((dates.suspendAt ?? now) <= end && dates.destroyAt == end && dates.suspendAt != nil, "\(policy)")
        }
        let kept = LeaseDates(suspendAt: end + .seconds(1), destroyAt: nil)
        #expect(Leases.renewed(from: kept, by: .lab, within: course, at: now) == kept, "a promise stays, also past the end")
        #expect(Leases.renewed(from: kept, by: .lab, within: course, at: now, force: true).destroyAt == end)
    }

    @Test func whatWouldBeSuspendedInAHolidayIsSuspendedWhereItBegins() throws {
        let course = try course("2026-09-07", "2027-01-31", holidays: [("2026-12-21", "2027-01-03")])
        let eve = try moment("2026-12-20T23:00:00Z")
        let policy = LeaseIntervals(suspendAfter: .after(.seconds(86_400)), destroyAfter: .after(.seconds(7 * 86_400)))
        let before = Leases.renewed(from: nil, by: policy, within: course, at: eve - .seconds(3600))
        #expect(before.suspendAt == eve && before.destroyAt == eve - .seconds(3600) + .seconds(7 * 86_400))
        let inside = Leases.renewed(from: nil, by: policy, within: course, at: eve + .seconds(3600))
        #expect(inside.suspendAt == eve + .seconds(3600 + 86_400), "whoever works in the holiday may")
    }

    @Test(arguments: [
        [("2026-12-20", "2026-12-26"), ("2026-12-24", "2027-01-03")], [("2026-12-24", "2027-01-03"), ("2026-12-20", "2026-12-26")],
        [("2026-12-20", "2026-12-26"), ("2026-12-27", "2027-01-03")], [("2026-12-22", "2026-12-23"), ("2026-12-20", "2027-01-03")],
    ])
    func holidaysThatMeetAreOne(holidays: [(String, String)]) throws {
        let course = try course("2026-09-07", "2027-01-31", holidays: holidays)
        let (now, last) = (try moment("2026-12-19T12:00:00Z"), try moment("2027-01-01T12:00:00Z"))
        let clipped = course.clip(LeaseDates(suspendAt: last, destroyAt: nil), at: now)
        #expect(clipped.suspendAt == (try moment("2026-12-19T23:00:00Z")))
    }

    @Test func aZoneThatNobodyKnowsTakesNothing() throws {
        let course = try course("2026-02-09", "2026-05-22", in: "Europe/Atlantis")
        let now = try moment("2026-08-20T10:00:00Z")
        #expect(course.span == nil && course.isOpen(at: now))
        #expect(Leases.renewed(from: nil, by: .lab, within: course, at: now) == Leases.renewed(from: nil, by: .lab, at: now))
    }

    /// Dates are moments, and daylight saving moves no moment: five hours are five hours.
    @Test func anIntervalAcrossDaylightSavingIsAsLongAsEver() throws {
        let now = try moment("2026-03-29T00:30:00Z")
        #expect(Leases.renewed(from: nil, by: .lab, at: now).suspendAt == (try moment("2026-03-29T05:30:00Z")))
        let leap = try moment("2028-02-28T12:00:00Z")
        let week = LeaseIntervals(suspendAfter: .never, destroyAfter: .after(.seconds(7 * 86_400)))
        #expect(Leases.renewed(from: nil, by: week, at: leap).destroyAt == (try moment("2028-03-06T12:00:00Z")))
    }

    @Test(arguments: ["2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-1", "2026-01-01T", "+026-01-01", "2100-02-29", ""])
    func whatIsNoDayIsNone(_ text: String) { #expect(LocalDay(text) == nil) }

    @Test(arguments: ["2028-02-29", "2000-02-29", "0001-01-01", "9999-12-31"]) func aDayIsWrittenAsItIsRead(_ text: String) throws {
        #expect(try #require(LocalDay(text)).description == text)
    }
}
