// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import Testing

/// The trash is emptied in its time, within a budget, and one bad disk holds up no other (invariant I17).
@Suite struct CollectorTests {
    /// More of a store is to be free than there is, so everything of the trash goes whose time is over.
    static let greedy: Settings = {
        var settings = Settings()
        settings.freePercent = 200
        return settings
    }()

    @Test func whileTheClockCannotBeRightNothingGoes() async throws {
        let site = try await Site(settings: Self.greedy)
        let disks = try await trash(2, at: site)
        let seen = site.clock.now()
        try site.disk.write { _ = try $0.heartbeats.insert(Heartbeat(id: "manager", at: seen)) }
        // A clock with an empty battery, a year ahead; the collector is quicker than whoever raises the alarm.
        site.clock.advance(by: .seconds(365 * 86_400))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.isEmpty)
        #expect(try await LeaseSweeper(cloud: site.cloud).pass(driving: true).alarms.map(\.id) == ["clock"])
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.isEmpty)
        try site.disk.write { try $0.delete(Alarm.self, "clock") }
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.sorted() == disks)
    }

    /// So many instances that are in the trash; gives the ids of their disks.
    private func trash(_ count: Int, at site: Site) async throws -> [ID<DiskKind>] {
        let made = try await site.launchOneByOne(count, by: site.anna)
        for instance in made { _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance)) }
        return try site.disk.read { try $0.disks.all().map(\.id) }.sorted()
    }

    @Test func nothingIsTakenBeforeItsTimeAndEverythingAfterIt() async throws {
        let site = try await Site(settings: Self.greedy)
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
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64), settings: Self.greedy)
        _ = try await trash(Collector.budget + 2, at: site)
        site.clock.advance(by: .seconds(365 * 86_400))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks.count == Collector.budget && report.isOverBudget)
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.count == 2)
    }

    @Test func whileThereIsRoomNothingGoesHoweverOldAndThenTheOldestFirst() async throws {
        let site = try await Site()
        let disks = try await trash(3, at: site)
        site.clock.advance(by: .seconds(365 * 86_400))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.isEmpty)
        let oldest = try site.disk.read { try $0.disks.list(Query(order: .trashedAt)).map(\.id) }
        // Five gibibytes of which a fifth is to be free; now a kibibyte is missing.
        try site.host.disks.intervene { $0.capacity = .gibibytes(5) }
        let used = site.host.snapshot().disks.used
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 5 / 4 - 1024) }
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks == [oldest[0]] && report.full.isEmpty && disks.count == 3, "\(report)")
    }

    @Test func inAFullStoreTrashThatIsTooYoungIsKeptAndNewDisksAreRefusedUntilThereIsRoom() async throws {
        let site = try await Site()
        _ = try await trash(1, at: site)
        let waiting = try await site.make("next", by: site.anna)
        _ = try await HostWatch(cloud: site.cloud).pass()
        let stopped = try await site.stopped("other", by: site.anna)
        let used = site.host.snapshot().disks.used
        // Less than is to be free: the trash would go if it were older, and nobody is refused for that.
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 100 / 85) }
        let early = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(early.disks.isEmpty && early.full.isEmpty)
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 100 / 96) }
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks.isEmpty && report.full == [SimulatedSite.store])
        #expect(try await site.cloud.alarms(for: site.admin).elements.map(\.code) == ["store-full"])
        #expect(try await site.cloud.alarms(for: site.anna).elements.isEmpty)
        _ = try await HostWatch(cloud: site.cloud).pass()
        let refused = await #expect(throws: CloudError.self) {
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: waiting))
        }
        #expect(refused?.code == .storeFull && refused?.parameters["percent"] == "5", "\(String(describing: refused))")
        let ids = site.cloud.world.ids
        let own = try await site.cloud.instance(stopped, for: site.anna).disks[0].id
        let taking: [any CloudOperation] = [
            AttachDisk(by: site.anna, instance: stopped, disk: ids.next(DiskKind.self), size: .gibibytes(1)),
            GrowDisk(by: site.anna, instance: stopped, disk: own, size: .gibibytes(9)),
            try site.checkpointing(stopped, "kept", by: site.anna),
            SaveAsTemplate(
                by: site.anna, instance: stopped, template: ids.next(TemplateKind.self), name: try DisplayName("saved"),
                image: ids.next(ImageKind.self)),
        ]
        func refusal(_ operation: some CloudOperation) async -> String? {
            do { _ = try await site.cloud.perform(operation) } catch let refusal as RunRefused { return refusal.failure.code } catch {
                return (error as? CloudError)?.code.rawValue ?? "\(error)"
            }
            return nil
        }
        for operation in taking { #expect(await refusal(operation) == ErrorCode.storeFull.rawValue, "\(operation)") }
        #expect(try site.disk.read { try $0.statuses.get(stopped).operation } == nil)
        try site.host.disks.intervene { $0.capacity = .gibibytes(100) }
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).full.isEmpty)
        #expect(try await site.cloud.alarms(for: site.admin).elements.isEmpty)
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: waiting))
    }

    @Test func trashThatMayGoMakesRoomBeforeThereIsAnAlarm() async throws {
        var settings = Settings()
        settings.freePercent = 0
        let site = try await Site(settings: settings)
        let disks = try await trash(1, at: site)
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let used = site.host.snapshot().disks.used
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 100 / 96) }
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks == disks && report.full.isEmpty, "what is reserved is made free, whatever else is to be")
        #expect(try await site.cloud.alarms(for: site.admin).elements.isEmpty)
    }

    @Test func theLastTwentiethIsLeftToWhatIsThereEvenWithNothingInTheTrash() async throws {
        let site = try await Site()
        let waiting = try await site.make("next", by: site.anna)
        let used = site.host.snapshot().disks.used
        // A store of which a twentieth and a little more is free, and then a little less.
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 100 / 94) }
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).full.isEmpty)
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 100 / 96) }
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).full == [SimulatedSite.store])
        #expect(try await site.cloud.alarms(for: site.admin).elements.map(\.code) == ["store-full"])
        _ = try await HostWatch(cloud: site.cloud).pass()
        let start = await #expect(throws: CloudError.self) {
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: waiting))
        }
        let upload = await #expect(throws: CloudError.self) {
            try await site.cloud.receiveUpload(OneChunk(bytes: [1]), limit: .mebibytes(1), by: site.admin)
        }
        for refused in [start, upload] { #expect(refused?.code == .storeFull && refused?.parameters["percent"] == "5") }
        #expect(try site.disk.read { try $0.uploads.all().isEmpty })
        // The alarm tells of it; whoever clears it makes no room.
        _ = try await site.cloud.clearAlarm(SimulatedSite.store.text, by: site.admin)
        let still = await #expect(throws: CloudError.self) {
            try await site.cloud.receiveUpload(OneChunk(bytes: [1]), limit: .mebibytes(1), by: site.admin)
        }
        #expect(still?.code == .storeFull)
        try site.host.disks.intervene { $0.capacity = .gibibytes(100) }
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).full.isEmpty)
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: waiting))
    }

    @Test func aDiskThatCannotBeRemovedHoldsUpNoOtherAndIsNotTakenTwice() async throws {
        let site = try await Site(settings: Self.greedy)
        let disks = try await trash(2, at: site)
        _ = try site.disk.write { tx in try tx.disks.change(disks[0]) { $0.store = ID(bits: 7, 7) } }
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks == [disks[1]] && report.ports.count == 2)
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
        let site = try await Site(settings: Self.greedy)
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
