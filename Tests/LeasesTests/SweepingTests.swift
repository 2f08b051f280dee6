// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Leases
import Testing

/// Owners are told once at the lead and once at a tenth of it, and nothing is destroyed unless they were told the lead before
/// (invariants I24, I26). Each test lives a lease minute by minute and looks at what was done.
@Suite struct SweepingTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let instance = ID<InstanceKind>(bits: 0, 1)
    private static let policy = ID<LeasePolicyKind>(bits: 0, 1)

    /// A lease and who looks at it.
    private struct Life {
        var lease: InstanceLease
        var state = InstanceState.running
        var now: Timestamp
        var told: [(matter: Leases.Matter, at: Timestamp, date: Timestamp, isLast: Bool)] = []
        var acts: [(act: Leases.Matter, at: Timestamp)] = []

        init(_ intervals: LeaseIntervals, at now: Timestamp = SweepingTests.now) {
            lease = Leases.first(of: SweepingTests.instance, policy: SweepingTests.policy, by: intervals, at: now)
            self.now = now
        }

        /// One look, where one is due; gives what was due.
        mutating func look() -> Leases.Matter? {
            guard state != .destroyed, let lookAt = lease.lookAt, lookAt <= now else { return nil }
            let judged = Leases.judge(lease, state: state, at: now)
            lease = judged.lease
            for notice in judged.notices { told.append((notice.matter, now, notice.date, notice.isLast)) }
            if let act = judged.act {
                acts.append((act, now))
                state = act == .destroy ? .destroyed : .suspended
            }
            return judged.act
        }

        /// Looks every minute until a moment.
        mutating func live(until end: Timestamp, every step: Duration = .seconds(60)) {
            while now < end {
                now = now + step
                _ = look()
            }
        }
    }

    @Test func aLabIsToldTwiceOfEachDateThenSuspendedThenDestroyed() {
        var life = Life(.lab)
        life.live(until: Self.now + .seconds(8 * 86_400))
        let (suspendAt, destroyAt) = (Self.now + .seconds(5 * 3600), Self.now + .seconds(7 * 86_400))
        #expect(life.told.map(\.matter) == [.suspend, .suspend, .destroy, .destroy])
        #expect(life.told.map(\.isLast) == [false, true, false, true])
        #expect(life.told.map(\.date) == [suspendAt, suspendAt, destroyAt, destroyAt])
        #expect(life.told.map { $0.date - $0.at } == [.seconds(1800), .seconds(180), .seconds(60_480), .seconds(6000)], "within a minute")
        #expect(life.acts.map(\.act) == [.suspend, .destroy])
        #expect(life.acts.map(\.at) == [suspendAt, destroyAt])
    }

    @Test func whatIsNotRunningIsNotSuspendedAndNotTalkedOf() {
        for state in [InstanceState.pending, .stopped, .suspended, .failed] {
            var life = Life(.lab)
            life.state = state
            life.live(until: Self.now + .seconds(86_400))
            #expect(life.told.isEmpty && life.acts.isEmpty, "\(state)")
        }
    }

    @Test func whatIsPausedHoldsItsHostAndIsSuspendedAsWhatRuns() {
        var (life, running) = (Life(.lab), Life(.lab))
        life.state = .paused
        life.live(until: Self.now + .seconds(86_400))
        running.live(until: Self.now + .seconds(86_400))
        #expect(!life.told.isEmpty && !life.acts.isEmpty && life.acts.count == running.acts.count && life.told.count == running.told.count)
    }

    @Test func neverMeansNever() {
        var life = Life(LeaseIntervals(suspendAfter: .never, destroyAfter: .never))
        #expect(life.lease.lookAt == nil)
        life.live(until: Self.now + .seconds(4000 * 86_400), every: .seconds(86_400))
        #expect(life.told.isEmpty && life.acts.isEmpty)
        var half = Life(LeaseIntervals(suspendAfter: .never, destroyAfter: .after(.seconds(86_400))))
        half.live(until: Self.now + .seconds(2 * 86_400))
        #expect(half.acts.map(\.act) == [.destroy] && half.told.count == 2)
    }

    @Test func whoeverWasNeverToldIsToldFirstAndTheDateMoves() {
        var life = Life(.lab)
        life.state = .suspended
        // Nobody looked until an hour after the date.
        life.now = Self.now + .seconds(7 * 86_400 + 3600)
        let late = life.now
        #expect(life.look() == nil && life.told.count == 1)
        let due = late + .seconds(60_480)
        #expect(life.lease.dates.destroyAt == due && life.told[0].date == due && !life.told[0].isLast)
        life.live(until: due + .seconds(60))
        #expect(life.told.count == 2 && life.acts.map(\.at) == [due])
    }

    @Test func whoeverWasToldLateHasTheWholeLeadAllTheSame() {
        var life = Life(.lab)
        life.state = .stopped
        let date = Self.now + .seconds(7 * 86_400)
        life.now = date - .seconds(600)
        let told = life.now
        _ = life.look()
        #expect(life.told.map(\.isLast) == [true], "one word, and not two at once")
        life.live(until: date + .seconds(2 * 86_400))
        #expect(life.told.count == 1, "once per episode, whatever else happens")
        #expect(life.acts.map(\.at) == [told + .seconds(60_480)])
    }

    @Test func aRenewalBeginsANewEpisodeAndOneThatMovesNothingDoesNot() {
        var life = Life(.lab)
        life.live(until: Self.now + .seconds(5 * 3600 - 900))
        #expect(life.told.count == 1)
        let kept = life.lease
        Leases.renew(&life.lease, by: LeaseIntervals(suspendAfter: .after(.seconds(60)), destroyAfter: .after(.seconds(60))), at: life.now)
        #expect(life.lease.dates == kept.dates && life.lease.warnings == kept.warnings)
        Leases.renew(&life.lease, by: .lab, at: life.now)
        life.live(until: life.now + .seconds(5 * 3600 - 120))
        #expect(life.told.map(\.isLast) == [false, false, true] && life.acts.isEmpty)
    }

    @Test func whatWasBegunInVainIsTriedAgainLaterAndLater() {
        var lease = Life(.lab).lease
        var now = Self.now + .seconds(5 * 3600)
        var pauses: [Int64] = []
        for _ in 0..<9 {
            let judged = Leases.judge(lease, state: .running, at: now)
            #expect(judged.act == .suspend)
            lease = judged.lease
            pauses.append(((lease.lookAt ?? now) - now).components.seconds)
            now = lease.lookAt ?? now
        }
        #expect(pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
    }

    @Test func afterAnAbsenceOnlyADateOfDestructionThatFellInsideItMoves() {
        let away = (from: Self.now, to: Self.now + .seconds(90 * 86_400))
        for (at, lead, moved) in [
            (away.from, 600, nil), (away.from + .milliseconds(1), 600, away.to + .seconds(3600)),
            (away.to, 60_480, away.to + .seconds(60_480)), (away.to + .milliseconds(1), 60_480, nil),
        ] as [(Timestamp, Int64, Timestamp?)] {
            let lease = InstanceLease(
                id: Self.instance, policy: Self.policy, dates: LeaseDates(suspendAt: at, destroyAt: at),
                warnings: LeaseWarnings(destroy: LeaseWarning(leadSeconds: lead, told: 2, toldAt: away.from)))
            let after = Leases.afterAbsence(lease, from: away.from, to: away.to)
            #expect(after.dates == LeaseDates(suspendAt: at, destroyAt: moved ?? at))
            #expect((after.warnings.destroy?.told == 0) == (moved != nil), "they are told anew")
        }
        let never = InstanceLease(id: Self.instance, policy: Self.policy, dates: LeaseDates(suspendAt: nil, destroyAt: nil))
        #expect(Leases.afterAbsence(never, from: away.from, to: away.to) == never)
    }

    /// Whatever intervals, whatever gaps between looks, whatever renewals: never destroyed before its date, never less than the lead
    /// after the first word, never more than two words about a date.
    @Test func nothingIsDestroyedWithoutAWordAtLeastTheLeadBefore() {
        var random = SplitMix(state: 7)
        for _ in 0..<2000 {
            let after = Int64(random.next() % 1_000_000) + 1
            var life = Life(LeaseIntervals(suspendAfter: .after(.seconds(after / 3)), destroyAfter: .after(.seconds(after))))
            life.state = random.next() % 2 == 0 ? .running : .stopped
            var episode = 0
            for _ in 0..<300 where life.state != .destroyed {
                life.now = life.now + .seconds(Int64(random.next() % UInt64(after / 10 + 60)))
                if random.next() % 40 == 0 {
                    Leases.renew(&life.lease, by: .lab, at: life.now, force: random.next() % 4 == 0)
                    episode = life.told.count
                }
                let before = life.lease
                guard life.look() == .destroy else {
                    #expect(life.told[episode...].filter { $0.matter == .destroy }.count <= 2)
                    if life.state == .suspended { life.state = .running }
                    continue
                }
                guard let date = before.dates.destroyAt, let warning = before.warnings.destroy, let toldAt = warning.toldAt else {
                    Issue.record("destroyed without a word")
                    return
                }
                #expect(life.now >= date && life.now >= toldAt + warning.lead)
            }
        }
    }
}

/// Chance of a seed.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
