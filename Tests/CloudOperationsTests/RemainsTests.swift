// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import CloudWorkflow
import ImageStore
import Synchronization
import Testing

@testable import CloudOperations

/// Force off and destroy take over from every verb, wherever it is stuck, and whether the host did what it was asked or not. Of what that verb
/// made nothing is left but what the machine's rows say; records and hosts agree; quotas are what a recount says; the machine starts again.
@Suite struct RemainsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let arrange: @Sendable (Site) async throws -> any CloudOperation
        init(_ name: String, _ arrange: @escaping @Sendable (Site) async throws -> any CloudOperation) {
            (testDescription, self.arrange) = (name, arrange)
        }
    }

    static let cases: [Case] = [
        Case("a checkpoint, running") { site in
            try site.checkpointing(try await site.launch("mine", by: site.anna)[0], "kept", by: site.anna)
        },
        Case("a checkpoint with memory") { site in
            try site.checkpointing(try await site.launch("mine", by: site.anna)[0], "kept", withMemory: true, by: site.anna)
        },
        Case("a checkpoint, stopped, on another") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            _ = try await site.checkpoint(instance, "before", by: site.anna)
            return try site.checkpointing(instance, "kept", by: site.anna)
        },
        Case("a drop in the middle of a chain") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            _ = try await site.checkpoint(instance, "first", by: site.anna)
            let kept = try await site.checkpoint(instance, "second", by: site.anna)
            _ = try await site.checkpoint(instance, "third", by: site.anna)
            return DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept)
        },
        Case("a drop below two") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            _ = try await site.checkpoint(instance, "first", by: site.anna)
            let kept = try await site.checkpoint(instance, "second", by: site.anna)
            _ = try await site.checkpoint(instance, "third", by: site.anna)
            _ = try await site.cloud.perform(
                ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: kept, disk: site.cloud.world.ids.next(DiskKind.self)))
            return DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept)
        },
        Case("a return, stopped") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            let kept = try await site.checkpoint(instance, "kept", by: site.anna)
            return ReturnToCheckpoint(
                by: site.anna, instance: instance, checkpoint: kept, disk: site.cloud.world.ids.next(DiskKind.self))
        },
        Case("a return with memory") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
            return ReturnToCheckpoint(
                by: site.anna, instance: instance, checkpoint: kept, disk: site.cloud.world.ids.next(DiskKind.self))
        },
        Case("a rebuild, running") { site in
            RebuildInstance(
                by: site.anna, instance: try await site.launch("mine", by: site.anna)[0], disk: site.cloud.world.ids.next(DiskKind.self))
        },
        Case("a template that is saved, running") { site in
            let (instance, ids) = (try await site.launch("mine", by: site.anna)[0], site.cloud.world.ids)
            return SaveAsTemplate(
                by: site.anna, instance: instance, template: ids.next(TemplateKind.self), name: try DisplayName("saved"),
                image: ids.next(ImageKind.self))
        },
        Case("a port that comes") { site in
            site.attachingPort(to: try await site.launch("mine", by: site.anna)[0], by: site.anna)
        },
        Case("a port that goes") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let port = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
            return DetachPort(by: site.anna, instance: instance, port: port)
        },
        Case("a new data disk") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            return AttachDisk(by: site.anna, instance: instance, disk: site.cloud.world.ids.next(DiskKind.self), size: .gibibytes(1))
        },
        Case("a data disk that was another's") { site in
            let (other, disk) = try await site.withDataDisk("other", by: site.anna)
            _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: other, disk: disk))
            _ = try await HostWatch(cloud: site.cloud).pass()
            return AttachDisk(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0], disk: disk, size: nil)
        },
        Case("a disk that grows, stopped") { site in
            let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
            return GrowDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(2))
        },
        Case("a disk that grows, running") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let disk = try await site.cloud.instance(instance, for: site.anna).disks[0].id
            return GrowDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(3))
        },
    ]
    private static let run = RunID("op-stuck")

    /// Who takes over. What is thrown away need not be whole: a host that refuses to bring a disk to its end holds up no destroy, and what
    /// comes out of the trash is what the host has, whoever did how much of it.
    enum Taker: CaseIterable, Sendable {
        case forceOff, destroy, destroyOnARefusingHost
    }

    @Test(arguments: cases, Taker.allCases) func nothingIsLeft(_ which: Case, taker: Taker) async throws {
        let site = try await Site()
        _ = try await HostWatch(cloud: site.cloud).pass()
        let operation = try await which.arrange(site)
        let instance = try #require(ID<InstanceKind>(operation.object))
        var taken = 0
        for (step, call) in try await steps(of: operation, at: site) {
            for isDone in [true, false] {
                let stage = try site.stage.copied()
                let hurdles = hurdles(at: step, before: isDone ? nil : call)
                do { try await perform(operation, as: Self.run, by: stage.nextManager(Interference(hurdles: hurdles))) } catch is RunIsStuck
                {
                } catch is RunRefused {}
                guard try stage.disk.read({ try $0.run(Self.run) })?.state == .stuck else { continue }
                taken += 1
                let story = "\(step), \(isDone ? "done" : "not done")"
                let written = (operation as? CheckpointInstance)?.disk
                let isThere = written.map { stage.host.snapshot().disks.disks[$0] != nil } ?? false
                try await takeOver(from: instance, taker, stage, site, story)
                guard isThere, let written else { continue }
                #expect(try stage.disk.read { try $0.disks.find(written)?.slot } == 0, "\(story): the guest may have written it")
            }
        }
        #expect(taken > 0)
    }

    private func takeOver(
        from instance: ID<InstanceKind>, _ taker: Taker, _ stage: Stage, _ site: Site, _ story: String
    ) async throws {
        if taker == .forceOff {
            try await perform(ForceOffInstance(by: site.anna, instance: instance), as: RunID("op-taker"), by: stage.nextManager())
        } else {
            let hurdles = taker == .destroy ? [] : [Self.refusing(["overlay.ensure", "overlay.grow", "overlay.rebase"])]
            let refused = try stage.nextManager(Interference(hurdles: hurdles))
            try await perform(DestroyInstance(by: site.anna, instance: instance), as: RunID("op-taker"), by: refused)
        }
        let cloud = try stage.nextManager()
        #expect(try stage.disk.read { try $0.run(Self.run) }?.state == .superseded, "\(story)")
        try await expectSound(instance, stage, cloud, site, story)
        if taker != .forceOff {
            let recovering = RecoverInstance(by: site.anna, instance: instance, port: ID(bits: 9, 9))
            try await perform(recovering, as: RunID("op-recover"), by: cloud)
        }
        _ = try await HostWatch(cloud: cloud).pass(driving: true)
        try await perform(StartInstance(by: site.anna, instance: instance), as: RunID("op-start"), by: cloud)
        try await expectSound(instance, stage, cloud, site, "\(story), and started")
        // What the superseded run would still do is refused.
        try await stage.nextManager().runner.recover()
        try await expectSound(instance, stage, stage.nextManager(), site, "\(story), and later")
    }

    private func expectSound(_ instance: ID<InstanceKind>, _ stage: Stage, _ cloud: Cloud, _ site: Site, _ story: String) async throws {
        #expect(try await Audit(cloud: cloud).report(for: site.admin).differences == [], "\(story)")
        let there = stage.host.snapshot().disks.disks
        try stage.disk.read { view in
            for disk in try view.disks.all() {
                let told = try OverlayDescription(disk, on: disk.image.map { try view.images.get($0) })
                #expect(there[disk.id].map { $0 == told } ?? true, "\(story): the rows say another disk than the host has")
            }
            let layers = try view.checkpoints.all().map(\.disk)
            for disk in try view.disks.all() where disk.slot == nil && disk.owner == nil {
                #expect(layers.contains(disk.id), "\(story): \(disk.id) is nobody's")
            }
            for disk in try view.disks.all() where disk.owner != nil { #expect(disk.operation == nil, "\(story): \(disk.id) is held") }
            #expect(try view.ports.all(.equals(.instance, .id(instance))).allSatisfy { $0.slot != nil || $0.keptUntil != nil }, "\(story)")
            #expect(try view.images.all().allSatisfy { $0.state == .available }, "\(story)")
            #expect(try view.miscounted() == [], "\(story): invariant I22")
        }
    }

    private func perform(_ operation: some CloudOperation, as run: RunID, by cloud: Cloud) async throws {
        _ = try await cloud.runner.perform(operation, as: run)
    }

    /// The steps of an uninterrupted run, each with its first call.
    private func steps(of operation: some CloudOperation, at site: Site) async throws -> [(String, Interference.Point)] {
        let calm = Interference()
        try await perform(operation, as: Self.run, by: site.stage.copied().nextManager(calm))
        var found: [(String, Interference.Point)] = []
        for (index, point) in calm.points.enumerated() {
            guard case .boundary(let boundary, Self.run) = point, boundary.kind == .beforeEffect else { continue }
            let call = calm.points[index...].first { if case .call(_, _, .before) = $0 { true } else { false } }
            if let call { found.append((boundary.name, call)) }
        }
        return found
    }

    /// From a step on nobody is told what the guest does, and the step's answer, or what it asks for, is lost.
    private func hurdles(at step: String, before call: Interference.Point?) -> [Interference.Hurdle] {
        let isReached = Mutex(false)
        let blind = Interference.Hurdle(OutcomeUnknown("lost by a check")) { point in
            if point == .boundary(Boundary(.beforeEffect, step), of: Self.run) { isReached.withLock { $0 = true } }
            guard isReached.withLock({ $0 }), case .call(let name, _, .before) = point else { return false }
            return name == "guest.observe"
        }
        let lost = call ?? .boundary(Boundary(.afterEffect, step), of: Self.run)
        return [blind, Interference.Hurdle(OutcomeUnknown("lost by a check"), at: lost, times: .max)]
    }

    private static func refusing(_ calls: Set<String>) -> Interference.Hurdle {
        let refusal = CloudError(.diskFull, ["store": SimulatedSite.store.text, "needed": "1", "free": "0"])
        return Interference.Hurdle(refusal) { if case .call(let call, _, .before) = $0 { calls.contains(call) } else { false } }
    }

    /// A host that does not let look holds a destroy up: what it cannot see is not removed, for the guest may have written it.
    @Test func aDestroyRemovesNoDiskThatItCannotSee() async throws {
        let site = try await Site()
        _ = try await HostWatch(cloud: site.cloud).pass()
        let operation = try await Self.cases[0].arrange(site)
        let instance = try #require(ID<InstanceKind>(operation.object))
        let overlay = try #require((operation as? CheckpointInstance)?.disk)
        let turn = try #require(try await steps(of: operation, at: site).first { $0.0 == "turn" })
        try await stick(operation, by: site.stage.nextManager(Interference(hurdles: hurdles(at: turn.0, before: nil))))
        let blind = try site.stage.nextManager(Interference(hurdles: [Self.refusing(["overlay.ensure", "overlay.observe"])]))
        await #expect(throws: RunIsStuck.self) {
            try await perform(DestroyInstance(by: site.anna, instance: instance), as: RunID("op-taker"), by: blind)
        }
        #expect(site.stage.host.snapshot().disks.disks[overlay] != nil)
        let next = try site.stage.nextManager()
        try await next.runner.recover()
        #expect(try site.stage.disk.read { try $0.run(RunID("op-taker")) }?.state == .done)
        #expect(try site.stage.disk.read { try $0.disks.get(overlay).slot } == 0)
        try await expectSound(instance, site.stage, next, site, "looked at later")
    }

    private func stick(_ operation: some CloudOperation, by cloud: Cloud) async throws {
        await #expect(throws: RunIsStuck.self) { try await perform(operation, as: Self.run, by: cloud) }
    }

    /// A journal that nobody can read tells nothing, and holds nobody's machine for good; an operator is sent to look.
    @Test(arguments: [true, false]) func aJournalThatCannotBeReadHoldsNothing(destroying: Bool) async throws {
        let site = try await Site()
        _ = try await HostWatch(cloud: site.cloud).pass()
        let operation = try await Self.cases[0].arrange(site)
        let instance = try #require(ID<InstanceKind>(operation.object))
        let first = try #require(try await steps(of: operation, at: site).first)
        try await stick(operation, by: site.stage.nextManager(Interference(hurdles: hurdles(at: first.0, before: first.1))))
        let store = try site.disk.reopened().journaling
        try await store.write { try store.journal(in: $0).update(Self.run) { $0.input = "{}" } }
        let cloud = try site.stage.nextManager()
        if destroying {
            try await perform(DestroyInstance(by: site.anna, instance: instance), as: RunID("op-taker"), by: cloud)
        } else {
            try await perform(ForceOffInstance(by: site.anna, instance: instance), as: RunID("op-taker"), by: cloud)
        }
        #expect(try site.disk.read { try $0.statuses.get(instance).state } == (destroying ? .destroyed : .stopped))
        let alarms = try await cloud.alarms(for: site.admin).elements
        #expect(alarms.map(\.code) == ["remains-unknown"] && alarms.map(\.id) == [instance.text])
        #expect(alarms.first?.parameters == ["operation": Self.run.text])
        _ = try await cloud.clearAlarm(instance.text, by: site.admin)
    }

    @Test func everyVerbThatLeavesSomethingHasACase() async throws {
        var kinds: Set<String> = []
        for which in Self.cases { kinds.insert(try await kind(of: which.arrange(try await Site()))) }
        #expect(Set(Remains.verbs.map { $0.kind }).subtracting(kinds).isEmpty)
    }

    private func kind(of operation: some CloudOperation) -> String { type(of: operation).kind }
}
