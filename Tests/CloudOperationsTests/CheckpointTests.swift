// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Testing

/// What a checkpoint keeps is kept until it is dropped, whatever else is done with the machine; and nothing else is.
@Suite struct CheckpointTests {
    private func code(_ body: () async throws -> some Any) async -> ErrorCode? {
        do { _ = try await body() } catch let refusal as RunRefused { return ErrorCode(rawValue: refusal.failure.code) } catch {
            return (error as? CloudError)?.code
        }
        return nil
    }
    private func used(_ site: Site, _ principal: Principal) throws -> ByteCount {
        try site.disk.read { try $0.quotas.find(key: principal.user.text)?.used.disk ?? .zero }
    }
    private func returning(_ site: Site, _ instance: ID<InstanceKind>, _ to: ID<CheckpointKind>) -> ReturnToCheckpoint {
        ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: to, disk: site.cloud.world.ids.next(DiskKind.self))
    }
    private func start(_ site: Site, _ instance: ID<InstanceKind>) async throws {
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
    }
    private func state(_ site: Site, _ instance: ID<InstanceKind>) throws -> InstanceState {
        try site.disk.read { try $0.statuses.get(instance).state }
    }
    /// What lies below the disk that the machine boots from, the nearest first, as its store has it.
    private func chain(_ site: Site, _ instance: ID<InstanceKind>) async throws -> [ID<DiskKind>] {
        let disks = site.host.disks.snapshot().disks
        var (chain, next): ([ID<DiskKind>], ID<DiskKind>?) = ([], try await site.cloud.instance(instance, for: site.anna).disks[0].id)
        while let disk = next, chain.count < 20 {
            chain.append(disk)
            if case .layer(let below) = try #require(disks[disk]).base { next = below } else { next = nil }
        }
        return Array(chain.dropFirst())
    }
    /// Records and hosts agree, every layer that a checkpoint keeps is there, no chain is longer than it may be, and the quota counts what
    /// there is (invariants I19, I20, I22).
    private func expectSound(_ site: Site, _ instance: ID<InstanceKind>, _ what: String = "") async throws {
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [], "\(what)")
        let (kept, rows) = try site.disk.read { view in
            (try view.checkpoints.all(.equals(.instance, .id(instance))), try view.disks.all(.equals(.instance, .id(instance))))
        }
        let there = site.host.disks.snapshot().disks
        for row in kept { #expect(there[row.disk] != nil, "\(what): the layer of \(row.name) is gone") }
        #expect(Set(rows.filter { $0.slot == nil && $0.owner == nil }.map(\.id)) == Set(kept.map(\.disk)), "\(what)")
        for row in rows {
            var (depth, below) = (0, row.base)
            while let layer = below, depth < 20 { (depth, below) = (depth + 1, rows.first { $0.id == layer }?.base) }
            #expect(depth <= kept.count, "\(what)")
            if case .layer(let below)? = there[row.id]?.base { #expect(below == row.base, "\(what)") } else { #expect(row.base == nil) }
        }
        let memory = kept.reduce(ByteCount.zero) { $0 + ($1.memory ?? .zero) }
        #expect(try used(site, site.anna) == rows.reduce(memory) { $0 + $1.virtualSize }, "\(what)")
    }

    @Test func aMachineReturnsToWhatWasAndMayReturnAgain() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let original = try await site.cloud.instance(instance, for: site.anna).disks[0].id
        let first = try await site.checkpoint(instance, "first", by: site.anna)
        #expect(try await chain(site, instance) == [original])
        try await start(site, instance)
        let second = try await site.checkpoint(instance, "second", by: site.anna)
        #expect(try await site.host.guests.disks(of: instance) == site.cloud.instance(instance, for: site.anna).disks.map(\.id))
        try await expectSound(site, instance)
        for _ in 0..<2 {
            // From running, and from stopped.
            _ = try await site.cloud.perform(returning(site, instance, first))
            #expect(try state(site, instance) == .stopped)
            #expect(try await chain(site, instance) == [original])
            try await expectSound(site, instance)
        }
        _ = try await site.cloud.perform(returning(site, instance, second))
        #expect(try await chain(site, instance).count == 2, "what was kept since is kept still")
        let listed = try await site.cloud.checkpoints(of: instance, for: site.anna).elements
        #expect(Set(listed.map(\.checkpoint.id)) == [first, second])
        #expect(await code { try await site.cloud.checkpoints(of: instance, for: site.bela) } == .notFound)
        #expect(
            await code { try await site.cloud.perform(DropCheckpoint(by: site.bela, instance: instance, checkpoint: first)) } == .notFound)
    }

    @Test func memoryComesBackWithTheDisk() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        site.clock.advance(by: .seconds(100))
        let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
        let then = try #require(site.host.guests.counter(of: instance, at: site.clock.now()))
        #expect(try state(site, instance) == .running)
        try await expectSound(site, instance)
        for _ in 0..<2 {
            site.clock.advance(by: .seconds(1000))
            _ = try await HostWatch(cloud: site.cloud).pass()
            _ = try await site.cloud.perform(returning(site, instance, kept))
            #expect(try state(site, instance) == .suspended)
            try await expectSound(site, instance, "suspended")
            _ = try await HostWatch(cloud: site.cloud).pass()
            _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
            let now = try #require(site.host.guests.counter(of: instance, at: site.clock.now()))
            #expect(now >= then && now < then + 500, "it goes on from the checkpoint's moment: \(then), \(now)")
            try await expectSound(site, instance, "woken")
        }
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept))
        #expect(site.host.guests.snapshot().checkpoints.isEmpty)
        try await expectSound(site, instance, "dropped")
    }

    @Test func memoryFitsTheMachineItWasSavedOf() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        #expect(
            await code { try await site.cloud.perform(site.checkpointing(instance, "m", withMemory: true, by: site.anna)) } == .stateForbids
        )
        _ = try await site.cloud.perform(ResizeInstance(by: site.anna, instance: instance, cpus: nil, memory: .mebibytes(256)))
        #expect(await code { try await site.cloud.perform(returning(site, instance, kept)) } == .checkpointUnfit)
        _ = try await site.cloud.perform(ResizeInstance(by: site.anna, instance: instance, cpus: nil, memory: .mebibytes(512)))
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(1)))
        #expect(await code { try await site.cloud.perform(returning(site, instance, kept)) } == .checkpointUnfit)
        try await start(site, instance)
        #expect(
            await code { try await site.cloud.perform(site.checkpointing(instance, "m", withMemory: true, by: site.anna)) }
                == .checkpointUnfit)
        // The disk alone leaves data disks out.
        let alone = try await site.checkpoint(instance, "alone", by: site.anna)
        _ = try await site.cloud.perform(returning(site, instance, alone))
        #expect(try await site.cloud.instance(instance, for: site.anna).disks.map(\.id).contains(disk))
        _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: disk))
        _ = try await site.cloud.perform(returning(site, instance, kept))
        #expect(try state(site, instance) == .suspended)
    }

    @Test func soManyAndNoMore() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let before = try used(site, site.anna)
        var kept: [ID<CheckpointKind>] = []
        for number in 1...4 { kept.append(try await site.checkpoint(instance, "\(number)", by: site.anna)) }
        #expect(await code { try await site.cloud.perform(site.checkpointing(instance, "5", by: site.anna)) } == .checkpointsFull)
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept[1]))
        try await expectSound(site, instance)
        #expect(await code { try await site.cloud.perform(site.checkpointing(instance, "4", by: site.anna)) } == .nameTaken)
        kept[1] = try await site.checkpoint(instance, "5", by: site.anna)
        for one in [kept[3], kept[0], kept[1], kept[2]] {
            _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: one))
            try await expectSound(site, instance)
        }
        #expect(try await chain(site, instance) == [])
        #expect(try used(site, site.anna) == before)
    }

    /// A guest reads what is below its disk, and nobody may write what lies on a layer meanwhile.
    @Test func whatTheGuestRunsOnIsNotDropped() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let first = try await site.checkpoint(instance, "first", by: site.anna)
        let second = try await site.checkpoint(instance, "second", by: site.anna)
        _ = try await site.cloud.perform(returning(site, instance, first))
        try await start(site, instance)
        let drop = DropCheckpoint(by: site.anna, instance: instance, checkpoint: first)
        #expect(await code { try await site.cloud.perform(drop) } == .stateForbids)
        _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: second))
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
        _ = try await site.cloud.perform(drop)
        #expect(try await chain(site, instance) == [])
        try await expectSound(site, instance)
    }

    @Test func theTrashKeepsAllOfItAndIsEmptiedFromTheTop() async throws {
        let site = try await Site(settings: CollectorTests.greedy)
        let instance = try await site.launch("mine", by: site.anna)[0]
        let first = try await site.checkpoint(instance, "first", withMemory: true, by: site.anna)
        _ = try await site.checkpoint(instance, "second", by: site.anna)
        _ = try await site.cloud.perform(returning(site, instance, first))
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        #expect(try used(site, site.anna) == .zero)
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
        let layers = try site.disk.read { try $0.checkpoints.all().map(\.disk) }
        let before = site.host.disks.snapshot().disks.count
        site.clock.advance(by: site.cloud.world.settings.trashKept + .seconds(1))
        let rows = try site.disk.read { try $0.disks.all() }
        for layer in layers where rows.contains(where: { $0.base == layer }) {
            #expect(await code { try await site.cloud.perform(CollectDisk(layer)) } == .imageInUse)
        }
        #expect(site.host.disks.snapshot().disks.count == before)
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        _ = try await Collector(cloud: site.cloud).pass(driving: true)
        #expect(site.host.disks.snapshot().disks.isEmpty && site.host.guests.snapshot().checkpoints.isEmpty)
        #expect(try site.disk.read { try $0.checkpoints.all().isEmpty && $0.disks.all().isEmpty })
        #expect(try await Audit(cloud: site.cloud).report(for: site.admin).differences == [])
    }

    @Test func aRecoveredMachineHasItsCheckpoints() async throws {
        let site = try await Site()
        let instance = try await site.launch("mine", by: site.anna)[0]
        let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
        _ = try await site.checkpoint(instance, "second", by: site.anna)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
        let port = site.cloud.world.ids.next(PortKind.self)
        _ = try await site.cloud.perform(RecoverInstance(by: site.anna, instance: instance, port: port))
        try await expectSound(site, instance, "recovered")
        _ = try await site.cloud.perform(returning(site, instance, kept))
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance))
        #expect(try state(site, instance) == .running)
        try await expectSound(site, instance, "woken")
    }

    @Test func aRebuiltOrSavedMachineKeepsItsCheckpoints() async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        let kept = try await site.checkpoint(instance, "kept", by: site.anna)
        _ = try await site.cloud.perform(
            GrowDisk(
                by: site.anna, instance: instance, disk: site.cloud.instance(instance, for: site.anna).disks[0].id, size: .gibibytes(3)))
        let ids = site.cloud.world.ids
        _ = try await site.cloud.perform(RebuildInstance(by: site.anna, instance: instance, disk: ids.next(DiskKind.self)))
        #expect(try await chain(site, instance) == [])
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(returning(site, instance, kept))
        #expect(try await chain(site, instance).count == 1)
        #expect(try await site.cloud.instance(instance, for: site.anna).disks[0].virtualSize == .gibibytes(3), "disks only grow")
        try await expectSound(site, instance)
        _ = try await site.cloud.perform(
            SaveAsTemplate(
                by: site.anna, instance: instance, template: ids.next(TemplateKind.self), name: DisplayName("Saved"),
                image: ids.next(ImageKind.self)))
        #expect(try await chain(site, instance).count == 1)
    }

    /// Whatever is done in whatever order, nothing that a checkpoint keeps is lost, and nothing else stays.
    @Test(arguments: 0..<12 as Range<UInt64>) func anyStory(seed: UInt64) async throws {
        let site = try await Site()
        let instance = try await site.stopped("mine", by: site.anna)
        var number = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((number >> 33) % UInt64(bound))
        }
        for step in 0..<25 {
            let kept = try site.disk.read { try $0.checkpoints.all(.equals(.instance, .id(instance))).map(\.id) }
            let one = kept.isEmpty ? ID<CheckpointKind>(bits: 9, 9) : kept[next(kept.count)]
            _ = try await HostWatch(cloud: site.cloud).pass()
            let what: (String, ErrorCode?)
            switch next(8) {
            case 0, 1: what = ("checkpoint", await code { try await site.checkpoint(instance, "\(step)", by: site.anna) })
            case 2: what = ("memory", await code { try await site.checkpoint(instance, "\(step)", withMemory: true, by: site.anna) })
            case 3: what = ("return", await code { try await site.cloud.perform(returning(site, instance, one)) })
            case 4:
                what = (
                    "drop", await code { try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: instance, checkpoint: one)) }
                )
            case 5: what = ("start", await code { try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)) })
            case 6: what = ("wake", await code { try await site.cloud.perform(WakeInstance(by: site.anna, instance: instance)) })
            default: what = ("off", await code { try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance)) })
            }
            let allowed: [ErrorCode?] = [nil, .stateForbids, .notFound, .checkpointsFull]
            #expect(allowed.contains(what.1), "\(what)")
            try await expectSound(site, instance, "seed \(seed), step \(step): \(what)")
        }
    }
}
