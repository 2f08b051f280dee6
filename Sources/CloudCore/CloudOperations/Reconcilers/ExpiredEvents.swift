// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore

extension StoreView {
    /// The number up to which events have been kept long enough; nil for none.
    ///
    /// Only their beginning goes, so that what is left has no gap and a cursor from before is known by its number. Numbers say the true
    /// order; a time says only what a clock showed. So an event that is young by its time keeps all that follow it, whatever time they
    /// have: a clock that went back makes nothing go early. One from a time that has not come was written while the clock was ahead; it
    /// is older than what follows it, and keeps nothing. The newest stays always, for it says which numbers there were.
    func expiredEvents(before oldest: Timestamp, at now: Timestamp, limit: Int) throws -> Int64? {
        guard let range = try eventRange() else { return nil }
        let end = min(range.upperBound - 1, range.lowerBound + Int64(limit) - 1)
        // Those from a time that has not come are looked past, but not for ever.
        let horizon = range.lowerBound + 10 * Int64(limit)
        var (expired, place): (Int64?, Int64) = (nil, range.lowerBound - 1)
        while expired ?? 0 < end, place < horizon {
            let page = try events(after: place, limit: 1000)
            guard let last = page.last else { break }
            for stored in page {
                guard stored.number < range.upperBound, stored.event.at < oldest || stored.event.at > now else { return expired }
                if stored.event.at < oldest { expired = min(stored.number, end) }
            }
            place = last.number
        }
        return expired
    }
}
