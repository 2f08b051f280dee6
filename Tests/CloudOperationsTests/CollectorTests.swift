// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import Synchronization
import Testing

@testable import CloudOperations

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

    /// Restored records may call a machine destroyed that was taken out of the trash since.
    @Test func aDiskUnderAGuestThatRunsIsKept() async throws {
        let site = try await Site(settings: Self.greedy)
        let instance = try await site.launch("mine", by: site.anna)[0]
        let guest = try #require(site.host.guests.snapshot().guests[instance])
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        let disk = try #require(try site.disk.read { try $0.disks.all().first?.id })
        try site.host.guests.show([instance: guest])
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks.isEmpty && (report.refused[disk] as? CloudError)?.code == .imageInUse)
        _ = try site.host.guests.hide([instance])
        site.clock.advance(by: .seconds(86_400))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks == [disk])
    }

    /// A class that comes and goes eight times a week would leave no address for the ninth.
    @Test func addressesThatAreOnlyKeptGoWhereAFifthIsNotFree() async throws {
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64))
        // 13 addresses, of which 3 are to be free.
        let small = try #require(IPv4Network("10.7.0.0/28"))
        try site.disk.write { _ = try $0.networks.change(SimulatedSite.network) { $0.ipv4 = small } }
        func collected() async throws -> [ID<PortKind>] { try await Collector(cloud: site.cloud).pass(driving: true).ports }
        func launch(_ names: String...) async throws -> [ID<InstanceKind>] {
            var made: [ID<InstanceKind>] = []
            for name in names {
                _ = try await HostWatch(cloud: site.cloud).pass()
                made += try await site.launch(name, by: site.anna)
            }
            return made
        }
        var living = try await launch("a", "b", "c", "d", "e", "f")
        let gone = try await launch("w", "x", "y", "z")
        for instance in gone {
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
            site.clock.advance(by: .seconds(1))
        }
        #expect(try await collected().isEmpty, "3 of 13 are free")
        living += try await launch("g")
        let oldest = try site.disk.read { try $0.ports.all(.equals(.instance, .id(gone[0]))).map(\.id) }
        #expect(try await collected() == oldest && oldest.count == 1)
        // Never one that a machine has, though less is free than should be.
        for name in ["h", "i", "j", "k", "l", "m"] {
            living += try await launch(name)
            _ = try await collected()
        }
        #expect(try site.disk.read { try $0.ports.all().map(\.instance) }.sorted() == living.sorted())
        await #expect(throws: CloudError.self) { _ = try await launch("n") }
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

    // MARK: Refusals

    /// A disk whose removal is refused: what it belonged to has no status.
    private func poison(_ disk: ID<DiskKind>, at site: Site) throws -> InstanceStatus {
        try site.disk.write { tx in
            let status = try tx.statuses.get(try #require(try tx.disks.get(disk).instance))
            try tx.delete(InstanceStatus.self, status.id.text)
            return status
        }
    }
    private func oldestFirst(at site: Site) throws -> [ID<DiskKind>] {
        try site.disk.read { try $0.disks.list(Query(order: .trashedAt)).map(\.id) }
    }
    private func budget(at site: Site) throws -> DestructionBudget? {
        try site.disk.read { try $0.destructionBudgets.find(key: "collect") }
    }

    @Test func whatIsRefusedTakesNothingOfTheBudgetAndNoOthersPlace() async throws {
        var settings = Settings()
        settings.collectedInAnHour = 3
        let attempts = Attempts()
        let site = try await Site(probe: attempts, settings: settings)
        _ = try await trash(3, at: site)
        let disks = try oldestFirst(at: site)
        let status = try poison(disks[0], at: site)
        site.clock.advance(by: settings.trashKept + .seconds(1))
        // A kibibyte is missing: one disk is enough, and the oldest does not count for it.
        let used = site.host.snapshot().disks.used
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: used.bytes * 5 / 4 - 1024) }
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks == [disks[1]] && report.full.isEmpty && !report.isOverBudget && report.failed.isEmpty)
        #expect(Array(report.refused.keys) == [disks[0]])
        #expect((report.refused[disks[0]] as? CloudError)?.code == .notFound)
        #expect(report.news(since: nil).count == 1)
        #expect(try budget(at: site)?.taken == 1, "what was refused took nothing")

        // It is let alone for longer and longer, and no pass fails to say so, once.
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: 1024) }
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks == [disks[2]])
        attempts.count.withLock { $0 = 0 }
        var last = report
        for _ in 0..<120 {
            site.clock.advance(by: .seconds(60))
            let report = try await Collector(cloud: site.cloud).pass(driving: true)
            #expect(report.disks.isEmpty && !report.isOverBudget && Array(report.refused.keys) == [disks[0]])
            #expect(report.news(since: last).isEmpty)
            last = report
        }
        #expect((1...6).contains(attempts.count.withLock { $0 }), "tried \(attempts.count.withLock { $0 }) times in two hours")
        #expect(try budget(at: site)?.taken == 2)
        #expect(try await site.cloud.alarms(for: site.admin).elements.map(\.code) == ["store-full"], "which nothing of the trash cures")

        // Mended, it goes once its wait is over.
        try site.disk.write { try $0.statuses.insert(status) }
        site.clock.advance(by: .seconds(3600))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks == [disks[0]])
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).refused.isEmpty)
    }

    @Test func moreThanAnHoursBudgetIsAnAlarmUntilAnOperatorClearsIt() async throws {
        var settings = Self.greedy
        settings.collectedInAnHour = 4
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64), settings: settings)
        let disks = try await trash(9, at: site)
        site.clock.advance(by: settings.trashKept + .seconds(1))
        func pass() async throws -> Collector.Report { try await Collector(cloud: site.cloud).pass(driving: true) }
        func left() throws -> Int { try site.disk.read { try $0.disks.all().count } }
        let first = try await pass()
        #expect(first.disks.count == 4 && first.isOverBudget && first.refused.isEmpty)
        let alarm = try #require(try await site.cloud.alarms(for: site.admin).elements.first { $0.id == "collect" })
        #expect(alarm.code == "over-budget" && alarm.parameters == ["limit": "4"])
        // The next hour does not come while the alarm stands.
        for _ in 0..<3 {
            site.clock.advance(by: .seconds(3601))
            let report = try await pass()
            #expect(report.disks.isEmpty && report.isOverBudget && report.refused.isEmpty && report.ports.isEmpty)
        }
        #expect(try left() == 5)
        _ = try await site.cloud.clearAlarm("collect", allowing: 1, by: site.admin)
        // One more was allowed, and with it what a new hour gives.
        #expect(try await pass().disks.count == 5)
        #expect(try left() == 0 && disks.count == 9)
        #expect(try await site.cloud.alarms(for: site.admin).elements.map(\.id) == [])
    }

    @Test func theHourEndsAndTheNextBegins() async throws {
        var settings = Self.greedy
        settings.collectedInAnHour = 2
        let site = try await Site(settings: settings)
        let disks = try await trash(4, at: site)
        let late = disks[2...]
        try site.disk.write { tx in
            for disk in late { try tx.disks.change(disk) { $0.trashedAt = $0.trashedAt.map { $0 + .seconds(1800) } } }
        }
        site.clock.advance(by: settings.trashKept + .seconds(60))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.sorted() == Array(disks[..<2]))
        // All that was due is gone: no alarm, and the next two wait for nothing but their own time and the next hour.
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).isOverBudget == false)
        site.clock.advance(by: .seconds(3601))
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.sorted() == Array(late))
        #expect(try await site.cloud.alarms(for: site.admin).elements.isEmpty)
    }

    @Test func ofAFewDisksFiftyMayGoInAnHour() async throws {
        let site = try await Site(settings: Self.greedy)
        let model = try await trash(1, at: site)[0]
        try site.disk.write { tx in
            var row = try tx.disks.get(model)
            // Rows alone: a disk that is gone already is removed all the same.
            row.instance = nil
            for number in 1...52 {
                row.id = ID(bits: 7, UInt64(number))
                try tx.disks.insert(row)
            }
        }
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        var gone: [Int] = []
        for _ in 0..<4 { gone.append(try await Collector(cloud: site.cloud).pass(driving: true).disks.count) }
        #expect(gone == [20, 20, 10, 0])
        #expect(try await site.cloud.alarms(for: site.admin).elements.contains { $0.code == "over-budget" })
    }

    @Test func aRowThatCannotBeReadHoldsUpNoOther() async throws {
        let site = try await Site(settings: Self.greedy)
        let disks = try await trash(3, at: site)
        let port = try #require(try site.disk.read { try $0.ports.all().first })
        try site.disk.write { tx in
            for var row in try tx.list(BrokenDisk.self, Query()) where row.id == disks[0].text {
                row.origin = "what nobody can read"
                try tx.update(row)
            }
        }
        let received = try await site.cloud.receiveUpload(OneChunk(bytes: [1]), limit: .mebibytes(1), by: site.admin)
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(report.disks.sorted() == Array(disks[1...]) && Array(report.refused.keys) == [disks[0]])
        #expect((report.refused[disks[0]] as? CloudError)?.isUnreadableRow == true)
        #expect(report.uploads == [received.id] && report.ports.count == 3 && report.failed.isEmpty)
        #expect(report.news(since: nil).count == 1)

        // And what cannot be gone through at all holds up no other part.
        try site.disk.write { tx in
            var row = port
            row.id = ID(bits: 7, 7)
            row.keptUntil = site.clock.now()
            try tx.ports.insert(row)
            // The newest is always kept.
            for _ in 0..<2 { try tx.addEvent(NewEvent(code: "test", object: "test", operation: nil, at: site.clock.now())) }
        }
        try site.disk.write { tx in
            for var row in try tx.list(BrokenPort.self, Query()) {
                row.network = "what nobody can read"
                try tx.update(row)
            }
        }
        site.clock.advance(by: .seconds(86_400 * 8))
        let second = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(Array(second.failed.keys) == ["ports"] && second.events != nil && second.ports.isEmpty)
        #expect(second.news(since: report).map(\.description).contains { $0.contains("ports") })
    }

    /// The guest of each sees a disk of gibibytes, of which 256 KiB were written: what goes is counted by what it gives back.
    @Test func oneThatTakesLittleRoomCountsForLittle() async throws {
        var settings = Settings()
        settings.freePercent = 60
        let site = try await Site(memory: .gibibytes(64), cpus: CPUCount(64), settings: settings)
        _ = try await trash(6, at: site)
        let disks = try oldestFirst(at: site)
        site.clock.advance(by: settings.trashKept + .seconds(1))
        let (used, each) = (site.host.snapshot().disks.used.bytes, ByteCount.kibibytes(256).bytes)
        // Four times what one gives back is missing, but for a kibibyte.
        try site.host.disks.intervene { $0.capacity = ByteCount(bytes: (used - 4 * each + 1024) * 5 / 2) }
        let report = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(disks.count == 6 && report.disks == Array(disks.prefix(4)) && report.full.isEmpty)
        #expect(try await Collector(cloud: site.cloud).pass(driving: true).disks.isEmpty, "now enough is free")
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

/// How often the removal of a disk was tried.
final class Attempts: BoundaryProbe {
    let count = Mutex(0)
    func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        if kind == "disk.collect", boundary == Boundary(.beforeCommit, "claim") { count.withLock { $0 += 1 } }
    }
}

/// A disk's row with a text where an id belongs.
private struct BrokenDisk: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, origin }
    typealias CodingKeys = Column
    static var table: String { "disks" }
    var id: String
    var version: Int64
    var origin: String?
    var key: String { id }
}

/// A port's row with a text where an id belongs.
private struct BrokenPort: StoredRecord {
    enum Column: String, CodingKey, CaseIterable { case id, version, network }
    typealias CodingKeys = Column
    static var table: String { "ports" }
    var id: String
    var version: Int64
    var network: String
    var key: String { id }
}
