// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Testing

@Suite struct APITimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400_000, "2000-02-29T00:00:00Z"), (1_770_109_200_250, "2026-02-03T09:00:00.250Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func momentsAndTexts(_ milliseconds: Int64, _ text: String) {
        #expect(APITime(Timestamp(milliseconds: milliseconds)).description == text)
        #expect(APITime(text)?.moment.milliseconds == milliseconds)
    }

    @Test func daysOfTheWholeCalendarComeBack() {
        for day in stride(from: Int64(-719_162), through: 2_932_896, by: 37) {
            let moment = Timestamp(milliseconds: day * 86_400_000 + 3_723_004)
            let time = APITime(moment)
            guard APITime(time.description) == time else { Issue.record("day \(day): \(time)"); return }
        }
    }

    @Test func offsetsAreTakenOff() {
        #expect(APITime("2026-02-03T10:00:00+01:00") == APITime("2026-02-03T09:00:00Z"))
        #expect(APITime("2026-02-02T23:30:00-09:30")?.description == "2026-02-03T09:00:00Z")
        #expect(APITime("2026-02-03t09:00:00.123456z")?.description == "2026-02-03T09:00:00.123Z")
    }

    @Test(arguments: [
        "", "2026-02-03", "2026-02-03T09:00:00", "2026-02-30T09:00:00Z", "2025-02-29T09:00:00Z", "2026-13-01T00:00:00Z",
        "2026-02-03T24:00:00Z", "2026-02-03T09:60:00Z", "2026-02-03T09:00:60Z", "2026-02-03 09:00:00Z", "2026-02-03T09:00:00.Z",
        "2026-02-03T09:00:00+1:00", "2026-02-03T09:00:00Zx", "0000-01-01T00:00:00Z", "２026-02-03T09:00:00Z", "+026-02-03T09:00:00Z",
        "2026-02-03T09:00:00.1234567890Z",
    ])
    func whatIsNoTime(_ text: String) { #expect(APITime(text) == nil) }
}
