// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// Events are kept for seven days, never less by the clock of now, also where it was wrong before; and a cursor from before is refused, never answered with a gap.
@Suite struct EventRetentionTests {
    private let day = Duration.seconds(86_400)

    /// Adds events of the times that a clock showed, relative to now; gives the number of the last one before them.
    private func add(_ ages: Duration..., to site: Site) async throws -> Int64 {
        let now = site.clock.now()
        return try await site.cloud.world.store.write { tx in
            let before = try tx.eventRange()?.upperBound ?? 0
            for age in ages { try tx.addEvent(NewEvent(code: "test", object: "vm-1", operation: nil, at: now - age)) }
            return before
        }
    }
    private func pass(_ site: Site) async throws -> Int64? { try await Collector(cloud: site.cloud).pass(driving: true).events }
    private func range(_ site: Site) async throws -> ClosedRange<Int64>? { try await site.cloud.world.store.read { try $0.eventRange() } }

    @Test func sevenDaysAndNotAMillisecondLess() async throws {
        let site = try await Site()
        #expect(site.cloud.world.settings.eventsKept == day * 7)
        site.clock.advance(by: day * 30)
        let first = try await add(day * 7 + .milliseconds(1), day * 7, .zero, to: site)
        #expect(try await pass(site) == first + 1)
        #expect(try await range(site) == first + 2...first + 3)
        #expect(try await pass(site) == nil, "a repeat finds nothing")
        site.clock.advance(by: .milliseconds(1))
        #expect(try await pass(site) == first + 2)
    }

    @Test func theNewestStaysSoThatACursorFromBeforeIsKnown() async throws {
        let site = try await Site()
        let first = try await add(.zero, .zero, .zero, to: site)
        site.clock.advance(by: day * 100)
        #expect(try await pass(site) == first + 2)
        #expect(try await range(site) == first + 3...first + 3)
        for lost in [1, first + 1] {
            do {
                _ = try await site.cloud.events(after: lost, limit: 10, for: site.admin)
                Issue.record("\(lost) has lost events")
            } catch let refusal as CloudError {
                #expect(refusal.code == .eventsGone && refusal.parameters == ["oldest": "\(first + 3)", "newest": "\(first + 3)"])
            }
        }
        #expect(try await site.cloud.events(after: first + 2, limit: 10, for: site.admin).events.map(\.number) == [first + 3])
        #expect(try await site.cloud.events(after: first + 3, limit: 10, for: site.admin).events.isEmpty)
        #expect(try await add(.zero, to: site) == first + 3, "numbers go on")
    }

    @Test func aClockThatWentBackMakesNothingGoEarly() async throws {
        let site = try await Site()
        // Right, then eight days back, then right again.
        let first = try await add(.seconds(3), day * 8, day * 8, .seconds(1), to: site)
        _ = try await pass(site)
        #expect(try site.disk.read { try $0.events(after: first, limit: 9).count } == 4)
        site.clock.advance(by: day * 7 + .milliseconds(1))
        #expect(try await pass(site) == first + 3, "the young one that kept them is over now")
    }

    @Test func aClockThatWasAheadKeepsNothingForAYear() async throws {
        let site = try await Site()
        let first = try await add(day * -365, day * -365, .zero, .zero, to: site)
        #expect(try await pass(site) == nil, "what the wrong clock wrote may be a second old")
        site.clock.advance(by: day * 7 + .seconds(1))
        #expect(try await pass(site) == first + 3)
    }

    @Test func aPassHasABudget() async throws {
        let site = try await Site()
        let first = try await range(site)?.lowerBound ?? 1
        let now = site.clock.now()
        try await site.cloud.world.store.write { tx in
            for _ in 0..<(Collector.eventBudget + 10) {
                try tx.addEvent(NewEvent(code: "test", object: "vm-1", operation: nil, at: now))
            }
        }
        site.clock.advance(by: day * 8)
        let last = try #require(try await range(site)?.upperBound)
        #expect(try await pass(site) == first + Int64(Collector.eventBudget) - 1)
        #expect(try await pass(site) == last - 1)
    }
}
