// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import Synchronization
import Testing

@testable import CloudOperations

@Suite struct RestoredTests {
    /// What was made after the backup runs on, and no record has its address.
    @Test func aNewMachineDoesNotGetTheAddressOfOneThatWasMadeSince() async throws {
        let site = try await Site()
        _ = try await site.launch("before", by: site.anna)
        let backup = try site.stage.copied()
        func made(_ cloud: Cloud, _ count: Int) async throws -> Set<IPv4Address> {
            let ids = try await cloud.perform(cloud.request(template: site.template, name: "x", count: count, start: false, by: site.anna))
            return try await cloud.world.store.read { view in
                Set(try ids.flatMap { try view.ports.all(.equals(.instance, .id($0))).map(\.ipv4) })
            }
        }
        let since = try await made(site.cloud, 20)
        // A restore that was broken off is done again.
        for _ in 0..<2 { _ = try await Restored.settle(backup.disk, at: backup.clock.now()) }
        let new = try await made(backup.nextManager(), 20)
        #expect(since.count == 20 && new.count == 20 && since.isDisjoint(with: new))
    }

    /// Whatever was under way, and wherever it stood: quotas are what a recount says, and nothing is half the machine's. So it is once the
    /// machine is destroyed, on a host that stands where it stood then, and on one that went on to the end.
    @Test(arguments: RemainsTests.cases) func whatARunHadMadeIsSomebodysOrGone(_ which: RemainsTests.Case) async throws {
        let site = try await Site()
        _ = try await HostWatch(cloud: site.cloud).pass()
        let operation = try await which.arrange(site)
        let instance = try #require(ID<InstanceKind>(operation.object))
        let (backups, end) = try await Backup.all(of: operation, at: site.stage)
        #expect(backups.contains { $0.isTakenBack } && backups.contains { !$0.isTakenBack })
        for backup in backups {
            for host in [backup.stage.host.snapshot(), end.host.snapshot()] {
                let stage = Stage(disk: try backup.stage.disk.copied(), host: host, now: backup.stage.clock.now())
                try await restore(stage)
                try expectSettled(stage, backup.story)
                let cloud = try stage.nextManager()
                _ = try await HostWatch(cloud: cloud).pass(driving: true)
                _ = try await cloud.runner.perform(DestroyInstance(by: site.anna, instance: instance), as: RunID("op-destroy"))
                #expect(try stage.disk.read { try $0.statuses.get(instance).state } == .destroyed, "\(backup.story)")
                try expectSettled(stage, "\(backup.story), and destroyed")
            }
        }
    }

    /// The same of every verb, in every state that makes a difference, and of a restore that is done again.
    @Test(arguments: CloudCase.all) func quotasAreWhatARecountSays(_ which: CloudCase) async throws {
        let backups = try await which.backups()
        // A verb of one commit is never under way.
        let isOneCommit = try await which.journal().count == 1
        #expect(backups.isEmpty == isOneCommit)
        for backup in backups {
            try await restore(backup.stage)
            try expectSettled(backup.stage, backup.story)
            let before = try backup.stage.disk.read { try $0.quotas.all() }
            _ = try await Restored.settle(backup.stage.disk, at: backup.stage.clock.now())
            #expect(try backup.stage.disk.read { try $0.quotas.all() } == before, "\(backup.story)")
        }
    }

    /// A disk that a guest may have written since is not forgotten: its owner has it, and attaches it again where it is there.
    @Test func aNewDataDiskIsItsOwnersAndComesBack() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let disk = site.cloud.world.ids.next(DiskKind.self)
        let attach = AttachDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(1))
        let (backups, end) = try await Backup.all(of: attach, at: site.stage)
        let backup = try #require(backups.last { !$0.isTakenBack && $0.boundary == Boundary(.beforeEffect, "attach") })
        let stage = Stage(disk: backup.stage.disk, host: end.host.snapshot(), now: end.clock.now())
        try await restore(stage)
        let cloud = try stage.nextManager()
        #expect(try await cloud.disk(disk, for: site.anna).instance == nil)
        _ = try await cloud.runner.perform(
            AttachDisk(by: site.anna, instance: instance, disk: disk, size: nil), as: RunID("op-again"))
        #expect(try await Audit(cloud: cloud).report(for: site.admin).differences == [])
    }

    /// A verb for machines that are off would work on the disk under a guest that runs.
    @Test func aMachineThatWasStartedSinceRuns() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        let backup = try site.stage.copied()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        let stage = Stage(disk: backup.disk, host: site.host.snapshot(), now: site.clock.now())
        try await restore(stage)
        let cloud = try stage.nextManager()
        stage.clock.advance(by: .seconds(3))
        _ = try await HostWatch(cloud: cloud).pass(driving: true)
        #expect(try stage.disk.read { try $0.statuses.get(instance).state } == .running)
        try expectSettled(stage, "adopted")
        let off = ResizeInstance(by: site.anna, instance: instance, cpus: nil, memory: .mebibytes(256), restart: nil)
        await #expect(throws: CloudError.self) { _ = try await cloud.runner.perform(off, as: RunID("op-resize")) }
        _ = try await FabricWatch(cloud: cloud).pass()
        #expect(try await Audit(cloud: cloud).report(for: site.admin).differences == [])
    }

    /// The manager answers as soon as it lives: what is asked before its first look waits for that, and meets a machine that is claimed or runs.
    @Test func whatIsAskedBeforeTheFirstLookDoesNothingUnderAGuestThatRuns() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        let backup = try site.stage.copied()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
        let stage = Stage(disk: backup.disk, host: site.host.snapshot(), now: site.clock.now() + .seconds(3))
        try await restore(stage)
        try stage.disk.write { tx in for row in try tx.evidence.all() { try tx.evidence.delete(row.id) } }
        let cloud = try stage.nextManager()
        // Nobody waits for the end of that hour: the look comes first.
        cloud.world.looks.begin(cloud.world.hosts.ids, every: .seconds(3600), by: ContinuousClock())
        let asked = Task { try await cloud.submit(RebuildInstance(by: site.anna, instance: instance, disk: ID(bits: 9, 9))) }
        for _ in 0..<100 { await Task.yield() }
        #expect(try stage.disk.read { try $0.statuses.get(instance).operation } == nil, "it waits")
        _ = try await HostWatch(cloud: cloud).pass(driving: true)
        cloud.world.looks.looked(at: SimulatedSite.host, stage.clock.now(), freshness: cloud.world.settings.freshness)
        #expect(try stage.disk.read { try $0.statuses.get(instance).state } == .running)
        // Rebuilt as one that runs.
        let serving = Task { await cloud.runner.serve() }
        let begun = try await asked.value
        serving.cancel()
        await serving.value
        #expect(try stage.disk.read { try $0.run(RunID(begun.operation.text)) } != nil)
    }

    /// The disk of a checkpoint that the guest went on to write is the machine's, and it starts from it.
    @Test(arguments: [false, true]) func theDiskOfACheckpointIsTheMachines(withMemory: Bool) async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let checkpoint = try site.checkpointing(instance, "kept", withMemory: withMemory, by: site.anna)
        let (backups, end) = try await Backup.all(of: checkpoint, at: site.stage)
        let backup = try #require(backups.last { !$0.isTakenBack && $0.boundary == Boundary(.beforeEffect, "turn") })
        let stage = Stage(disk: backup.stage.disk, host: end.host.snapshot(), now: end.clock.now())
        try await restore(stage)
        let cloud = try stage.nextManager()
        _ = try await cloud.runner.perform(ForceOffInstance(by: site.anna, instance: instance), as: RunID("op-off"))
        _ = try await HostWatch(cloud: cloud).pass(driving: true)
        _ = try await cloud.runner.perform(StartInstance(by: site.anna, instance: instance), as: RunID("op-start"))
        #expect(stage.host.snapshot().guests.guests[instance]?.description.disks.first?.disk == checkpoint.disk)
        let back = ReturnToCheckpoint(
            by: site.anna, instance: instance, checkpoint: checkpoint.checkpoint, disk: ID(bits: 9, 9))
        _ = try await cloud.runner.perform(back, as: RunID("op-return"))
        try expectSettled(stage, "returned")
    }

    /// A journal that nobody can read tells nothing, and holds the restore up no more than a takeover: an operator is sent to look.
    @Test func aJournalThatCannotBeReadIsAnAlarm() async throws {
        let site = try await Site()
        let operation = try await RemainsTests.cases[0].arrange(site)
        let backup = try #require(try await Backup.all(of: operation, at: site.stage).taken.last { !$0.isTakenBack })
        let store = try backup.stage.disk.reopened()
        try store.write { try store.journaling.journal(in: $0).update(Backup.run) { $0.input = "{}" } }
        for _ in 0..<2 { _ = try await Restored.settle(store, at: backup.stage.clock.now()) }
        #expect(try store.read { try $0.alarms.all() }.map { [$0.id, $0.code] } == [[operation.object, "remains-unknown"]])
    }

    /// As a restore does it (`StoreCopies.revive`): what hosts remember is moved past, and the records are settled.
    private func restore(_ stage: Stage) async throws {
        let now = stage.clock.now()
        try stage.disk.write { tx in
            for row in try tx.statuses.all() { try tx.statuses.change(row.id) { $0.fence = Fence($0.fence.number + 1_000_000) } }
            for row in try tx.disks.all() { try tx.disks.change(row.id) { $0.fence = Fence($0.fence.number + 1_000_000) } }
            for row in try tx.networks.all() { try tx.networks.change(row.id) { $0.serial += 1_000_000 } }
        }
        _ = try await Restored.settle(stage.disk, at: now)
        #expect(try stage.disk.unfinishedRuns().isEmpty)
    }

    private func expectSettled(_ stage: Stage, _ story: String) throws {
        try stage.disk.read { view in
            #expect(try view.miscounted() == [], "\(story): invariant I22")
            let layers = try view.checkpoints.all().map(\.disk)
            for disk in try view.disks.all() {
                #expect(disk.operation == nil && disk.collectedBy == nil, "\(story): \(disk.id) is held")
                guard disk.slot == nil else { continue }
                #expect(layers.contains(disk.id) || disk.owner != nil && disk.instance == nil, "\(story): \(disk.id) is nobody's")
            }
            #expect(try view.ports.all().allSatisfy { $0.slot != nil || $0.keptUntil != nil }, "\(story)")
            #expect(try view.images.all().allSatisfy { $0.state != .importing }, "\(story)")
        }
    }
}

/// The world at one boundary of a run.
struct Backup: Sendable {
    static let run = RunID("op-backedup")

    let story: String
    let boundary: Boundary
    let stage: Stage
    /// Whether the run was refused, and on its way back.
    let isTakenBack: Bool

    /// The worlds at all boundaries of a run, uninterrupted and refused at each step, while it was open; and the one at the uninterrupted end.
    static func all<Operation: CloudOperation>(of operation: Operation, at stage: Stage) async throws -> (taken: [Backup], end: Stage) {
        let (calm, end) = try await taken(of: operation, at: stage.copied(), refusedAt: nil)
        var all = calm
        for step in calm.filter({ $0.boundary.kind == .beforeEffect }).map(\.boundary) {
            all += try await taken(of: operation, at: stage.copied(), refusedAt: step).taken.filter(\.isTakenBack)
        }
        return (all, end)
    }

    private static func taken<Operation: CloudOperation>(
        of operation: Operation, at stage: Stage, refusedAt step: Boundary?
    ) async throws -> (taken: [Backup], end: Stage) {
        let hurdles = step.map { [Interference.Hurdle(CheckRefusal(step: $0.name), at: .boundary($0, of: run))] } ?? []
        let interference = Interference(hurdles: hurdles)
        let world = try stage.nextManager(interference).world
        let tape = Tape(stage, interference)
        let cloud = Cloud(world: world, clock: stage.clock.waiting, probe: tape)
        do { _ = try await cloud.runner.perform(operation, as: run) } catch is RunRefused {} catch is RunIsStuck {}
        let story = step.map { "refused at \($0.name)" } ?? "uninterrupted"
        let backups = try tape.taken.compactMap { boundary, stage -> Backup? in
            guard let record = try stage.disk.run(run), !record.state.isTerminal else { return nil }
            let entries = try stage.disk.journal(of: run)?.entries ?? []
            return Backup(
                story: "\(boundary.kind.rawValue) \(boundary.name), \(story)", boundary: boundary, stage: stage,
                isTakenBack: entries.contains { $0.kind == .unwinding })
        }
        return (backups, stage)
    }

    /// Copies the world at each boundary.
    private final class Tape: BoundaryProbe {
        private let stage: Stage
        private let interference: Interference
        private let stages = Mutex<[(Boundary, Stage)]>([])
        var taken: [(Boundary, Stage)] { stages.withLock { $0 } }

        init(_ stage: Stage, _ interference: Interference) {
            self.stage = stage
            self.interference = interference
        }

        func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
            if run == Backup.run {
                let copy = try stage.copied()
                stages.withLock { $0.append((boundary, copy)) }
            }
            try await interference.reached(boundary, of: run, kind: kind)
        }
    }
}
