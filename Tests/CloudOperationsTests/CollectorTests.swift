// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// The trash is emptied in its time, within a budget, and one bad disk holds up no other (invariant I17).
@Suite struct CollectorTests {
    /// So many instances that are in the trash; gives the ids of their disks.
    private func trash(_ count: Int, at site: Site) async throws -> [ID<DiskKind>] {
        let made = try await site.launchOneByOne(count, by: site.anna)
        for instance in made { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        return try site.disk.read { try $0.disks.all().map(\.id) }.sorted()
    }

    @Test func nothingIsTakenBeforeItsTimeAndEverythingAfterIt() async throws {
        let site = try await Site()
        let disks = try await trash(2, at: site)
        site.clock.advance(by: site.cloud.world.settings.trashKept - .seconds(1))
        let early = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(early.disks.isEmpty && early.ports.isEmpty)
        site.clock.advance(by: .seconds(2))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks.sorted() == disks && report.ports.count == 2 && report.refused.isEmpty && !report.isOverBudget)
        #expect(site.host.snapshot().disks.disks.isEmpty)
        #expect(try site.disk.read { try $0.disks.all().isEmpty && $0.ports.all().isEmpty })
        #expect(try site.disk.read { try $0.activities.list(Query(.equals(.code, .text("collect")))) }.allSatisfy { $0.endedAt != nil })
    }

    @Test func aClockAYearAheadTakesNoMoreThanTheBudget() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        _ = try await trash(Collector.budget + 2, at: site)
        site.clock.advance(by: .seconds(365 * 86_400))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks.count == Collector.budget && report.isOverBudget)
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.count == 2)
    }

    @Test func aDiskThatCannotBeRemovedHoldsUpNoOtherAndIsNotTakenTwice() async throws {
        let site = try await Site()
        let disks = try await trash(2, at: site)
        _ = try site.disk.write { tx in try tx.disks.change(disks[0]) { $0.store = ID(bits: 7, 7) } }
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks == [disks[1]] && report.refused.keys.map { $0 } == [disks[0]] && report.ports.count == 2)
        _ = try site.disk.write { tx in
            try tx.disks.change(disks[0]) {
                $0.store = SimulatedSite.store
                $0.collectedBy = ID(bits: 0, 5)
            }
        }
        let again = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(again.disks.isEmpty && again.refused.isEmpty, "somebody removes it already")
    }

    @Test func aDiskThatItsHostDoesNotRemoveIsLeftToItsRun() async throws {
        let site = try await Site()
        let disks = try await trash(1, at: site)
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let broken = Interference.Hurdle(CloudError(.unavailable, ["part": "disks"])) { point in
            if case .call("overlay.remove", _, .before) = point { true } else { false }
        }
        site.stage.interference.set(Interference(hurdles: [broken]))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks == disks)
        for _ in 0..<3 { #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.isEmpty) }
        #expect(try site.disk.unfinishedRuns().count == 1, "one run that is stuck, and not one more at each pass")
        site.stage.interference.set(Interference())
        try await site.cloud.runner.recover()
        #expect(try site.disk.read { try $0.disks.all() }.isEmpty)
    }
}
