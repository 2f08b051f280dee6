// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Synchronization
import Testing

/// Rules about what the records say of people, dates, events and what was promised.
extension InvariantRulesTests {
    // MARK: I3, I28, I33

    /// That two have one, the store itself refuses.
    @Test func aNetworkHasAReservedVLAN() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in try tx.networks.change(SimulatedCloud.network(2)) { $0.vlan = 4095 } }
        }
        #expect(violations.map(\.invariant) == [.vlans], "\(violations)")
    }

    @Test func aTemplateIsNobodys() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in try tx.templates.change(stage.templates[0]) { $0.owner = ID(bits: 9, 9) } }
        }
        #expect(violations.map(\.invariant) == [.owners], "\(violations)")
    }

    @Test func aRightIsNobodysOrAtNothing() throws {
        let (nobody, nothing) = (ID<UserKind>(bits: 9, 9).text, ID<TemplateKind>(bits: 9, 9).text)
        let violations = try broken { stage, cloud in
            let rights = [(stage.templates[0].text, nobody), (nothing, stage.owner.user.text)]
            try await Self.write(cloud) { tx in
                for (number, right) in rights.enumerated() {
                    try tx.grants.insert(
                        Grant(
                            id: ID(bits: 9, UInt64(number)), object: right.0, subject: right.1, level: .user, until: nil, pinned: false,
                            grantedBy: stage.admin.user))
                }
            }
        }
        #expect(violations.map(\.invariant) == [.grants, .grants], "\(violations)")
    }

    // MARK: I23

    /// A lease that is over, and of which no date says that somebody is to look.
    @Test func aLeaseIsOverAndNobodyLooks() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in
                try tx.leases.change(stage.running) { lease in
                    lease.dates = LeaseDates(suspendAt: cloud.clock.now() + .seconds(-3600), destroyAt: nil)
                    lease.lookAt = nil
                }
            }
            try await cloud.ask { try await cloud.lookAtEverything(in: $0.world.store) }
            #expect(cloud.violations.isEmpty, "it is due since now")
            try await cloud.wait(.seconds(605))
        }
        #expect(!violations.isEmpty && violations.allSatisfy { $0.invariant == .leasesEnd }, "\(violations)")
    }

    /// Where the clock jumps past the date, the sweeper looks within a minute.
    @Test func aLeaseThatTheClockEndsIsLookedAt() throws {
        let violations = try broken { stage, cloud in
            cloud.clock.jump(by: .seconds(6 * 3600))
            try await cloud.wait(.seconds(700))
            let state = try await cloud.ask { try await $0.world.store.read { try $0.statuses.get(stage.running).state } }
            #expect(state == .suspended)
        }
        #expect(violations.isEmpty, "\(violations)")
    }

    // MARK: I34, I42

    private static let disks = Result { try SeedDisks(.corner) }

    private final class Turns: Sendable {
        private let last = Mutex(0)
        func next() -> Int {
            last.withLock { last in
                last += 1
                return last
            }
        }
    }

    /// Each manager finds a disk on which nothing is of what the one before it wrote.
    @Test func whatWasAcknowledgedIsLost() throws {
        let disks = try Self.disks.get()
        let all = try (0..<2).map { _ in try disks.inMemory() }
        let turns = Turns()
        let disk: SimulatedCloud.Disk = { try all[turns.next() % all.count]() }
        let wrong = (1...3 as ClosedRange<UInt64>).flatMap { disks.story.tell($0, on: disk).wrong }
        #expect(wrong.contains { $0.hasPrefix("I34 is broken: op-") && $0.hasSuffix("was acknowledged and is lost") }, "\(wrong)")
    }

    /// Hosts that nobody reaches any more: what they are to do is wanted for ever.
    @Test func whatWasAcknowledgedDoesNotEnd() throws {
        let disks = try Self.disks.get()
        let wrong = try (1...3 as ClosedRange<UInt64>).flatMap { seed in
            let cloud = disks.campus.cloud(seed: seed, on: try disks.inMemory())
            for host in cloud.hosts.keys { cloud.set(.cutOff, of: host) }
            return disks.story.tell(seed, in: cloud).wrong
        }
        #expect(wrong.contains { $0.hasPrefix("I42 is broken: ") && $0.contains("has not ended") }, "\(wrong)")
    }

    // MARK: I36

    /// Somebody takes events away past the store's own transactions.
    @Test func eventsAreMissing() throws {
        let disk = try SQLiteMemoryStore()
        let violations = try broken(on: disk) { stage, cloud in
            cloud.crashManager()
            let other = try disk.reopened()
            try other.write { tx in
                for number in 0..<3 {
                    try tx.addEvent(NewEvent(code: "test.\(number)", object: "nothing", operation: nil, at: Timestamp(seconds: 0)))
                }
                try tx.deleteEvents(through: tx.eventRange()?.upperBound ?? 0)
            }
            try await cloud.wait(.seconds(5))
            try await cloud.ask { _ = try await $0.submit(RebootInstance(by: stage.owner, instance: stage.running)) }
            try await cloud.wait(.seconds(5))
        }
        #expect(violations.map(\.invariant) == [.eventNumbers], "\(violations)")
    }

    /// Whoever may take events away leaves no gap, though numbers are missing.
    @Test func eventsThatAreTakenAwayAreNoGap() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in try tx.deleteEvents(through: tx.eventRange()?.upperBound ?? 0) }
            try await cloud.ask { _ = try await $0.submit(RebootInstance(by: stage.owner, instance: stage.running)) }
            try await cloud.wait(.seconds(5))
        }
        #expect(violations.isEmpty, "\(violations)")
    }

    // MARK: I41

    private struct NotMeant: Error {}

    @Test func aPasswordIsWritten() throws {
        let violations = try broken { stage, cloud in
            try await Self.write(cloud) { tx in
                try tx.activities.insert(
                    Activity(
                        id: ID(bits: 9, 9), object: stage.running.text, code: "said", parameters: ["that": "it is password-12"],
                        actor: stage.owner.user, operation: nil, startedAt: cloud.clock.now(), endedAt: cloud.clock.now(), outcome: nil))
            }
            let run = RunRecord(id: RunID("op-9"), kind: "nothing", version: 1, input: "password-34", actor: "nobody", object: "nothing")
            // No line of such a run stays.
            await #expect(throws: NotMeant.self) {
                try await Self.write(cloud) { tx in
                    try tx.journal.begin(run)
                    try tx.journal.append(JournalEntry(.stepped, "told", output: #"{"clear":"password-56"}"#), to: run.id)
                    try tx.journal.update(run.id) { $0.failure = RunFailure(code: "busy", parameters: ["with": "password-78"]) }
                    throw NotMeant()
                }
            }
        }
        #expect(violations.map(\.invariant) == [.secrets, .secrets, .secrets, .secrets], "\(violations)")
    }

    /// Passwords are set and keys are brought, and what stands in journals is sealed.
    @Test func aPasswordIsSet() throws {
        let violations = try broken { stage, cloud in
            try await cloud.ask { manager in
                _ = try await manager.submit(
                    SetPassword(by: stage.owner, instance: stage.running, password: manager.world.passwords.next()))
            }
            try await cloud.wait(.seconds(20))
            let open = try await cloud.ask { try await $0.world.store.unfinishedRuns() }
            #expect(open.isEmpty)
        }
        #expect(violations.isEmpty, "\(violations)")
    }
}
