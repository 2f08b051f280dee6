// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Testing

/// A disk that is not in its store, or what it lies on: every verb that needs it is refused with what is missing, and changes nothing;
/// every verb that can do without is done. Once it is back, or the machine destroyed, things go on.
@Suite struct MissingDiskTests {
    /// What is not in the store.
    enum Lost: Sendable {
        /// The disk that the machine boots from.
        case boot
        /// What that lies on: a checkpoint keeps it.
        case layer
        /// What that lies on in turn.
        case image
        /// A data disk of the machine.
        case data
        /// A data disk of its owner that no machine has.
        case loose
    }

    /// A machine with a checkpoint and a data disk, and another data disk of its owner.
    struct Machine: Sendable {
        let instance: ID<InstanceKind>
        let kept: ID<CheckpointKind>
        let boot: ID<DiskKind>
        let layer: ID<DiskKind>
        let data: ID<DiskKind>
        let loose: ID<DiskKind>
        let image: ID<ImageKind>
    }

    struct Tale: Sendable, CustomStringConvertible {
        typealias Ask = @Sendable (Site, Machine) async throws -> Void
        let lost: Lost
        let before: InstanceState
        let verb: Verb
        /// What it is afterwards; nil where the verb is refused, and the machine what it was.
        let after: InstanceState?
        let ask: Ask
        var description: String { "\(verb.rawValue) of what is \(before.rawValue), without its \(lost)" }

        /// The same verb, refused without each of several things, by each of several states.
        static func refused(_ verb: Verb, _ states: [InstanceState], without lost: [Lost], _ ask: @escaping Ask) -> [Tale] {
            states.flatMap { state in lost.map { Tale(lost: $0, before: state, verb: verb, after: nil, ask: ask) } }
        }
        /// The same verb, done without each of several things, by what becomes of each of several states.
        static func done(
            _ verb: Verb, _ states: KeyValuePairs<InstanceState, InstanceState>, without lost: [Lost], _ ask: @escaping Ask
        ) -> [Tale] {
            states.flatMap { state in lost.map { Tale(lost: $0, before: state.key, verb: verb, after: state.value, ask: ask) } }
        }
    }

    static let refused: [Tale] = [
        Tale.refused(.start, [.stopped], without: [.boot, .layer, .image, .data]) { site, machine in
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: machine.instance))
        },
        Tale.refused(.wake, [.suspended], without: [.boot, .layer, .image, .data]) { site, machine in
            _ = try await site.cloud.perform(WakeInstance(by: site.anna, instance: machine.instance))
        },
        Tale.refused(.rebuild, [.stopped, .running], without: [.image], rebuild),
        Tale.refused(.checkpoint, [.stopped, .running], without: [.boot, .layer, .image]) { site, machine in
            _ = try await site.checkpoint(machine.instance, "now", by: site.anna)
        },
        Tale.refused(.returnToCheckpoint, [.stopped, .running], without: [.layer, .image], goBack),
        Tale.refused(.dropCheckpoint, [.stopped], without: [.boot, .layer, .image]) { site, machine in
            _ = try await site.cloud.perform(DropCheckpoint(by: site.anna, instance: machine.instance, checkpoint: machine.kept))
        },
        Tale.refused(.attachDisk, [.stopped, .running], without: [.loose]) { site, machine in
            _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: machine.instance, disk: machine.loose, size: nil))
        },
        Tale.refused(.growDisk, [.stopped, .running], without: [.boot, .layer, .image]) { site, machine in
            _ = try await site.cloud.perform(
                GrowDisk(by: site.anna, instance: machine.instance, disk: machine.boot, size: .gibibytes(2)))
        },
        Tale.refused(.growDisk, [.stopped, .running], without: [.data]) { site, machine in
            _ = try await site.cloud.perform(
                GrowDisk(by: site.anna, instance: machine.instance, disk: machine.data, size: .gibibytes(2)))
        },
        Tale.refused(.saveAsTemplate, [.stopped, .running], without: [.boot, .layer, .image]) { site, machine in
            let ids = site.cloud.world.ids
            _ = try await site.cloud.perform(
                SaveAsTemplate(
                    by: site.anna, instance: machine.instance, template: ids.next(TemplateKind.self), name: DisplayName("saved"),
                    image: ids.next(ImageKind.self)))
        },
        Tale.refused(.resize, [.running], without: [.boot, .layer, .image, .data]) { site, machine in
            _ = try await site.cloud.perform(
                ResizeInstance(
                    by: site.anna, instance: machine.instance, cpus: nil, memory: .mebibytes(256),
                    restart: site.cloud.world.ids.next(OperationKind.self)))
        },
    ].flatMap(\.self)

    static let done: [Tale] = [
        // They are the way out: what was on the disk is gone in any case.
        Tale.done(.rebuild, [.stopped: .stopped, .running: .stopped], without: [.boot, .layer, .data], rebuild),
        Tale.done(.returnToCheckpoint, [.stopped: .stopped, .running: .stopped], without: [.boot, .data], goBack),
        Tale.done(.destroy, [.stopped: .destroyed, .running: .destroyed, .suspended: .destroyed], without: [.boot, .layer, .image, .data]) {
            site, machine in
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: machine.instance))
        },
        Tale.done(.checkpoint, [.stopped: .stopped], without: [.data]) { site, machine in
            _ = try await site.checkpoint(machine.instance, "now", by: site.anna)
        },
        Tale.done(.detachDisk, [.stopped: .stopped, .running: .running], without: [.boot, .data]) { site, machine in
            _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: machine.instance, disk: machine.data))
        },
        Tale.done(.attachDisk, [.stopped: .stopped, .running: .running], without: [.boot, .image]) { site, machine in
            _ = try await site.cloud.perform(
                AttachDisk(
                    by: site.anna, instance: machine.instance, disk: site.cloud.world.ids.next(DiskKind.self), size: .gibibytes(1)))
        },
        Tale.done(.resize, [.stopped: .stopped], without: [.boot]) { site, machine in
            _ = try await site.cloud.perform(
                ResizeInstance(by: site.anna, instance: machine.instance, cpus: nil, memory: .mebibytes(256)))
        },
        // A guest that runs has its files open, and they are there until it closes them.
        Tale.done(.reboot, [.running: .running], without: [.boot, .layer, .image]) { site, machine in
            let output = try await site.cloud.perform(RebootInstance(by: site.anna, instance: machine.instance))
            #expect(output.notReady == nil)
        },
        Tale.done(.reset, [.running: .running], without: [.boot, .layer, .image]) { site, machine in
            let output = try await site.cloud.perform(ResetInstance(by: site.anna, instance: machine.instance))
            #expect(output.notReady == nil)
        },
        Tale.done(.suspend, [.running: .suspended], without: [.boot]) { site, machine in
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: machine.instance))
        },
        Tale.done(.shutDown, [.running: .stopped], without: [.boot]) { site, machine in
            _ = try await site.cloud.perform(ShutDownInstance(by: site.anna, instance: machine.instance))
        },
        Tale.done(.forceOff, [.running: .stopped], without: [.boot]) { site, machine in
            _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: machine.instance))
        },
    ].flatMap(\.self)

    private static let rebuild: Tale.Ask = { site, machine in
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(RebuildInstance(by: site.anna, instance: machine.instance, disk: disk))
    }
    private static let goBack: Tale.Ask = { site, machine in
        let disk = site.cloud.world.ids.next(DiskKind.self)
        _ = try await site.cloud.perform(
            ReturnToCheckpoint(by: site.anna, instance: machine.instance, checkpoint: machine.kept, disk: disk))
    }

    private func machine(_ state: InstanceState, at site: Site) async throws -> Machine {
        let instance = try await site.stopped("mine", by: site.anna)
        let (data, loose) = (site.cloud.world.ids.next(DiskKind.self), site.cloud.world.ids.next(DiskKind.self))
        for disk in [data, loose] {
            _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(1)))
        }
        _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: loose))
        let kept = try await site.checkpoint(instance, "kept", by: site.anna)
        _ = try await HostWatch(cloud: site.cloud).pass()
        if state != .stopped { _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance)) }
        if state == .suspended { _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance)) }
        _ = try await HostWatch(cloud: site.cloud).pass()
        return try site.disk.read { view in
            let boot = try #require(try view.disks.all(.equals(.instance, .id(instance))).first { $0.slot == 0 })
            return Machine(
                instance: instance, kept: kept, boot: boot.id, layer: try view.checkpoints.get(kept).disk, data: data, loose: loose,
                image: try #require(boot.image))
        }
    }

    /// Takes something out of the store; gives its name, and how it is put back.
    private func lose(_ lost: Lost, of machine: Machine, at site: Site) throws -> (name: String, back: () throws -> Void) {
        let (disk, there) = (machine.disk(lost), site.host.disks.snapshot())
        guard let disk else {
            let facts = try #require(there.images[machine.image])
            try site.host.disks.intervene { $0.images[machine.image] = nil }
            return (machine.image.text, { try site.host.disks.intervene { $0.images[machine.image] = facts } })
        }
        let content = try #require(there.disks[disk])
        try site.host.disks.intervene { $0.disks[disk] = nil }
        return (disk.text, { try site.host.disks.intervene { $0.disks[disk] = content } })
    }

    private func expectState(_ state: InstanceState, of machine: Machine, at site: Site) throws {
        let row = try site.disk.read { try $0.statuses.get(machine.instance) }
        #expect(row.state == state && row.operation == nil)
        #expect((site.host.guests.snapshot().guests[machine.instance]?.power == .running) == (state == .running))
        let claim = try site.disk.read { try $0.claims.find(machine.instance) }
        #expect((claim != nil) == state.holdsHost)
    }

    private func differences(at site: Site) async throws -> [String] {
        try await Audit(cloud: site.cloud).report(for: site.admin).differences
    }

    @Test("what needs it is refused, and is done once it is back", arguments: refused)
    func refusedUntilItIsBack(_ tale: Tale) async throws {
        let site = try await Site()
        let machine = try await machine(tale.before, at: site)
        #expect(try await differences(at: site) == [])
        let (name, back) = try lose(tale.lost, of: machine, at: site)
        try await expectRefused(tale, naming: name, of: machine, at: site)
        try back()
        #expect(try await differences(at: site) == [])
        _ = try await HostWatch(cloud: site.cloud).pass()
        try await tale.ask(site, machine)
        #expect(try await differences(at: site) == [])
    }

    @Test("a machine that was refused is destroyed, and another takes its place", arguments: refused)
    func refusedAndDestroyed(_ tale: Tale) async throws {
        let site = try await Site()
        let machine = try await machine(tale.before, at: site)
        let (name, back) = try lose(tale.lost, of: machine, at: site)
        try await expectRefused(tale, naming: name, of: machine, at: site)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: machine.instance))
        try expectState(.destroyed, of: machine, at: site)
        // The data disks are their owner's still.
        let used = try site.disk.read { try $0.quotas.find(key: site.anna.user.text)?.used }
        #expect(used == ResourceAmounts(disk: .gibibytes(2)))
        if tale.lost == .image { try back() }
        _ = try await HostWatch(cloud: site.cloud).pass()
        let other = try await site.launch("mine", by: site.anna)[0]
        #expect(try await site.cloud.instance(other, for: site.anna).shown == .known(.running))
        try back()
        #expect(try await differences(at: site) == [])
    }

    private func expectRefused(_ tale: Tale, naming name: String, of machine: Machine, at site: Site) async throws {
        let (before, found) = (try await site.snapshot(.state), try await differences(at: site))
        let refused = await #expect(throws: RunRefused.self) { try await tale.ask(site, machine) }
        #expect(refused?.failure.code == (tale.lost == .image ? ErrorCode.imageMissing : .diskMissing).rawValue)
        #expect(refused?.failure.parameters[tale.lost == .image ? "image" : "disk"] == name)
        #expect(try await before.difference(to: site.snapshot(.state)) == [], "something is half done")
        #expect(try await differences(at: site) == found)
        try expectState(tale.before, of: machine, at: site)
    }

    @Test("what can do without it is done", arguments: done)
    func doneWithout(_ tale: Tale) async throws {
        let site = try await Site()
        let machine = try await machine(tale.before, at: site)
        let (_, back) = try lose(tale.lost, of: machine, at: site)
        try await tale.ask(site, machine)
        try expectState(try #require(tale.after), of: machine, at: site)
        // Rows may have let go of it: what is then brought back would be a stranger's.
        let isStillKnown = try machine.disk(tale.lost).map { disk in try site.disk.read { try $0.disks.find(disk) } != nil } ?? true
        if isStillKnown { try back() }
        #expect(try await differences(at: site) == [])
        guard tale.after == .stopped else { return }
        _ = try await HostWatch(cloud: site.cloud).pass()
        _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: machine.instance))
    }

    /// Machines that were made and cannot start are there, never started, and hold nothing of a host.
    @Test("a launch from a template whose image is not in its store")
    func launchedWithoutAnImage() async throws {
        let site = try await Site()
        let image = try #require(try site.disk.read { try $0.images.all() }.first?.id)
        let facts = try #require(site.host.disks.snapshot().images[image])
        try site.host.disks.intervene { $0.images[image] = nil }
        let made = try await site.launch("lab-%02d", count: 2, by: site.anna)
        for instance in made {
            #expect(try await site.cloud.instance(instance, for: site.anna).shown == .known(.pending))
            let starts = try await site.cloud.activities(of: instance, for: site.anna).filter { $0.code == Verb.start.rawValue }
            #expect(starts.map(\.outcome) == [CloudError(.imageMissing, ["image": image.text])])
        }
        let (claims, used) = try site.disk.read { (try $0.claims.all(), try $0.quotas.find(key: site.anna.user.text)?.used) }
        #expect(claims.isEmpty && used?.instances == 2 && used?.cpus == .zero && used?.memory == .zero)
        #expect(site.host.guests.snapshot().guests.isEmpty && site.host.disks.snapshot().disks.isEmpty)
        _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: made[0]))
        try site.host.disks.intervene { $0.images[image] = facts }
        _ = try await HostWatch(cloud: site.cloud).pass()
        #expect(try await site.cloud.perform(StartInstance(by: site.anna, instance: made[1])).notReady == nil)
        #expect(try await differences(at: site) == [])
    }
}

extension MissingDiskTests.Machine {
    /// The disk that is lost; nil for what is no disk.
    fileprivate func disk(_ lost: MissingDiskTests.Lost) -> ID<DiskKind>? {
        switch lost {
        case .boot: boot
        case .layer: layer
        case .image: nil
        case .data: data
        case .loose: loose
        }
    }
}
