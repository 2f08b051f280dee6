// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Leases
import Testing

/// Dates are promises: a renewal moves none of them earlier, and *never* is later than any date, unless force is asked (invariant I25).
@Suite struct LeasesTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let intervals: [LeaseInterval] = [
        .never, .after(.zero), .after(.seconds(1)), .after(.seconds(5 * 3600)), .after(.seconds(7 * 86_400)), .after(.seconds(Int64.max)),
    ]
    private static let dates: [Timestamp?] = [
        nil, now - .seconds(86_400), now, now + .seconds(1), now + .seconds(86_400 * 3650), Timestamp(milliseconds: .max),
    ]
    private static var policies: [LeaseIntervals] {
        intervals.flatMap { suspend in intervals.map { LeaseIntervals(suspendAfter: suspend, destroyAfter: $0) } } + [
            .lab, .project, .server,
        ]
    }
    private static var promises: [LeaseDates?] {
        [nil] + dates.flatMap { suspend in dates.map { LeaseDates(suspendAt: suspend, destroyAt: $0) } }
    }
    /// Never is after every date.
    private func isEarlier(_ left: Timestamp?, _ right: Timestamp?) -> Bool {
        guard let left else { return false }
        return right.map { left < $0 } ?? true
    }

    private func date(_ interval: LeaseInterval) -> Timestamp? {
        switch interval {
        case .never: nil
        case .after(let duration): Self.now + duration
        }
    }

    @Test func aDateNeverMovesEarlierAndIsNeverLessThanThePolicy() {
        for policy in Self.policies {
            for current in Self.promises {
                let after = Leases.renewed(from: current, by: policy, at: Self.now)
                if let current {
                    #expect(!isEarlier(after.suspendAt, current.suspendAt) && !isEarlier(after.destroyAt, current.destroyAt))
                }
                #expect(!isEarlier(after.suspendAt, date(policy.suspendAfter)) && !isEarlier(after.destroyAt, date(policy.destroyAfter)))
                if let suspendAt = after.suspendAt, let destroyAt = after.destroyAt { #expect(suspendAt <= destroyAt) }
            }
        }
    }

    @Test func renewingTwiceAtOneMomentChangesNothing() {
        for policy in Self.policies {
            for current in Self.promises {
                let once = Leases.renewed(from: current, by: policy, at: Self.now)
                #expect(Leases.renewed(from: once, by: policy, at: Self.now) == once)
            }
        }
    }

    @Test func forceForgetsThePromise() {
        for policy in Self.policies {
            for current in Self.promises {
                let forced = Leases.renewed(from: current, by: policy, at: Self.now, force: true)
                #expect(forced == Leases.renewed(from: nil, by: policy, at: Self.now))
            }
        }
    }

    @Test func aLaterMomentNeverGivesEarlierDates() {
        for policy in Self.policies {
            for current in Self.promises {
                let early = Leases.renewed(from: current, by: policy, at: Self.now)
                let late = Leases.renewed(from: current, by: policy, at: Self.now + .seconds(60))
                #expect(!isEarlier(late.suspendAt, early.suspendAt) && !isEarlier(late.destroyAt, early.destroyAt))
            }
        }
    }

    @Test func neverIsNoDateEvenWhereTheOtherIsOne() {
        let policy = LeaseIntervals(suspendAfter: .never, destroyAfter: .after(.seconds(60)))
        #expect(Leases.renewed(from: nil, by: policy, at: Self.now) == LeaseDates(suspendAt: nil, destroyAt: Self.now + .seconds(60)))
        let other = LeaseIntervals(suspendAfter: .after(.seconds(60)), destroyAfter: .never)
        #expect(Leases.renewed(from: nil, by: other, at: Self.now) == LeaseDates(suspendAt: Self.now + .seconds(60), destroyAt: nil))
    }

    @Test func theShippedPoliciesAreThoseOfTheDomain() {
        let lab = Leases.renewed(from: nil, by: .lab, at: Self.now)
        #expect(lab == LeaseDates(suspendAt: Self.now + .seconds(18_000), destroyAt: Self.now + .seconds(604_800)))
        #expect(LeaseIntervals.project.destroyAfter == .after(.seconds(180 * 86_400)))
        #expect(LeaseIntervals.server.destroyAfter == .after(.seconds(3650 * 86_400)))
    }

    @Test func warningsAreATenthWithinTheirBounds() {
        #expect(Leases.warningLeads(of: .never).isEmpty)
        #expect(Leases.warningLeads(of: .after(.seconds(5 * 3600))) == [.seconds(1800), .seconds(180)])
        #expect(Leases.warningLeads(of: .after(.seconds(600))) == [.seconds(600), .seconds(60)])
        #expect(Leases.warningLeads(of: .after(.seconds(3650 * 86_400))) == [.seconds(14 * 86_400), .seconds(120_960)])
        for seconds in stride(from: Int64(1), to: 1 << 40, by: 987_654_321) {
            let leads = Leases.warningLeads(of: .after(.seconds(seconds)))
            #expect(leads.count == 2 && leads[0] >= .seconds(600) && leads[0] <= .seconds(14 * 86_400) && leads[1] < leads[0])
        }
    }
}
