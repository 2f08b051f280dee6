// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Foundation
import Testing

/// A case of the checks: an operation of the cloud in a world of its own.
struct CloudCase: Sendable, CustomStringConvertible {
    let kind: String
    /// What is special about it; `plain` where nothing is.
    let name: String
    let description: String
    /// How many pairs of crashes are tried for each case; LYCEUM_CHECKS=all tries all of them, which takes minutes.
    static var pairs: Int { ProcessInfo.processInfo.environment["LYCEUM_CHECKS"] == "all" ? .max : 120 }

    /// Checks every rule; gives what is broken.
    let violations: @Sendable () async throws -> [ContractViolation]
    /// The journal of an uninterrupted run.
    let journal: @Sendable () async throws -> [JournalEntry]
    /// The world at each boundary of a run, uninterrupted and refused at each step.
    let backups: @Sendable () async throws -> [Backup]
    /// The points at which a manager can die, each with what has to be refused to come there.
    let crashPoints: @Sendable () async throws -> [(point: CrashPoint, refused: CrashPoint?)]

    /// A case of an operation.
    /// - Parameters:
    ///   - forgiving: what cannot be taken back by the nature of the thing, put right before two hosts are compared.
    ///   - arrange: brings a site to where the operation is asked for, and makes it.
    init<Operation: CloudOperation>(
        _ name: String, forgiving: @escaping @Sendable (inout SimulatedHost.State) -> Void = { _ in },
        _ arrange: @escaping @Sendable (Site) async throws -> Operation
    ) {
        kind = Operation.kind
        self.name = name.isEmpty ? "plain" : name
        description = name.isEmpty ? Operation.kind : "\(Operation.kind): \(name)"
        let arranged: @Sendable () async throws -> (Site, Operation) = {
            let site = try await Site()
            // A neighbour, so that the network is served before and after.
            _ = try await site.launch("neighbour", by: site.bela)
            // A report that is fresh enough to place by; one after the arrangement would settle what the case is about.
            _ = try await HostWatch(cloud: site.cloud).pass()
            return (site, try await arrange(site))
        }
        backups = {
            let (site, operation) = try await arranged()
            return try await Backup.all(of: operation, at: site.stage).taken
        }
        crashPoints = {
            let (site, operation) = try await arranged()
            return try await Self.crashPoints(of: operation, at: site.stage)
        }
        journal = {
            let (site, operation) = try await arranged()
            let run = RunID("op-checked")
            _ = try await site.stage.nextManager().runner.perform(operation, as: run)
            return try await site.disk.journal(of: run)?.entries ?? []
        }
        violations = {
            let (site, operation) = try await arranged()
            return try await OperationChecks<Operation>(name, knowing: Cloud.kinds, pairs: Self.pairs) {
                let stage = try site.stage.copied()
                return OperationTrial(
                    operation, as: RunID("op-checked"), clock: stage.clock.waiting, sealer: SimulatedSealer(),
                    manager: { interference in
                        let world = try stage.nextManager(interference).world
                        return .init(store: world.store.journaling, world: world)
                    },
                    snapshot: { lens in
                        var host = stage.host.snapshot()
                        if lens == .state { forgiving(&host) }
                        return try await WorldSnapshot(of: stage.disk, and: host, through: lens)
                    })
            }.violations()
        }
    }

    /// A guest that was asked to shut down cannot be un-asked; what is seen of it later settles its state.
    static let forgivingShutDown: @Sendable (inout SimulatedHost.State) -> Void = { host in
        host.guests.leaving = [:]
        for instance in host.guests.guests.keys where host.guests.guests[instance]?.power == .off {
            host.guests.guests[instance]?.power = .running
        }
    }

    /// Every operation, in every state that makes a difference.
    static let all: [CloudCase] = [
        CloudCase("a new one, running") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            return AttachDisk(by: site.anna, instance: instance, disk: site.cloud.world.ids.next(DiskKind.self), size: .gibibytes(1))
        },
        CloudCase("one that was another's, stopped") { site in
            let other = try await site.stopped("other", by: site.anna)
            let disk = site.cloud.world.ids.next(DiskKind.self)
            _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: other, disk: disk, size: .gibibytes(1)))
            _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: other, disk: disk))
            return AttachDisk(by: site.anna, instance: try await site.stopped("mine", by: site.anna), disk: disk, size: nil)
        },
        CloudCase("") { site in
            let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
            _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: disk))
            return DeleteDisk(by: site.anna, disk: disk)
        },
        CloudCase("running") { site in
            let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
            _ = try await HostWatch(cloud: site.cloud).pass()
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
            return DetachDisk(by: site.anna, instance: instance, disk: disk)
        },
        CloudCase("running, between others, behind a gap") { site in
            let (instance, gone) = try await site.withDataDisk("mine", by: site.anna)
            let disks = [site.cloud.world.ids.next(DiskKind.self), site.cloud.world.ids.next(DiskKind.self)]
            for disk in disks {
                _ = try await site.cloud.perform(AttachDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(1)))
            }
            _ = try await site.cloud.perform(DetachDisk(by: site.anna, instance: instance, disk: gone))
            _ = try await HostWatch(cloud: site.cloud).pass()
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
            return DetachDisk(by: site.anna, instance: instance, disk: disks[0])
        },
        CloudCase("stopped") { site in
            let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
            return DetachDisk(by: site.anna, instance: instance, disk: disk)
        },
        CloudCase("stopped, a data disk") { site in
            let (instance, disk) = try await site.withDataDisk("mine", by: site.anna)
            return GrowDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(2))
        },
        CloudCase("running, the one it boots from") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let disk = try await site.cloud.instance(instance, for: site.anna).disks[0].id
            return GrowDisk(by: site.anna, instance: instance, disk: disk, size: .gibibytes(2))
        },
        CloudCase("running") { site in
            site.attachingPort(to: try await site.launch("mine", by: site.anna)[0], by: site.anna)
        },
        CloudCase("stopped") { site in
            site.attachingPort(to: try await site.stopped("mine", by: site.anna), by: site.anna)
        },
        CloudCase("running") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let port = try await site.cloud.perform(site.attachingPort(to: instance, by: site.anna))
            return DetachPort(by: site.anna, instance: instance, port: port)
        },
        CloudCase("stopped, the last one") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            return DetachPort(
                by: site.anna, instance: instance, port: try await site.cloud.instance(instance, for: site.anna).ports[0].port.id)
        },
        CloudCase("stopped, on another") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            _ = try await site.checkpoint(instance, "before", by: site.anna)
            return try site.checkpointing(instance, "kept", by: site.anna)
        },
        CloudCase("running, the disk alone") { site in
            try site.checkpointing(try await site.launch("mine", by: site.anna)[0], "kept", by: site.anna)
        },
        CloudCase("running, with memory") { site in
            try site.checkpointing(try await site.launch("mine", by: site.anna)[0], "kept", withMemory: true, by: site.anna)
        },
        CloudCase("stopped") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            let kept = try await site.checkpoint(instance, "kept", by: site.anna)
            return ReturnToCheckpoint(
                by: site.anna, instance: instance, checkpoint: kept, disk: site.cloud.world.ids.next(DiskKind.self))
        },
        CloudCase("running, with memory") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
            return ReturnToCheckpoint(
                by: site.anna, instance: instance, checkpoint: kept, disk: site.cloud.world.ids.next(DiskKind.self))
        },
        CloudCase("running, with memory and a first boot") { site in
            let instance = try await site.launchSeeded("mine", by: site.anna)
            let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
            return ReturnToCheckpoint(
                by: site.anna, instance: instance, checkpoint: kept, disk: site.cloud.world.ids.next(DiskKind.self))
        },
        CloudCase("stopped, in the middle of a chain") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            _ = try await site.checkpoint(instance, "first", by: site.anna)
            let kept = try await site.checkpoint(instance, "second", by: site.anna)
            _ = try await site.checkpoint(instance, "third", by: site.anna)
            return DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept)
        },
        CloudCase("running, beside its chain, with memory") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let first = try await site.checkpoint(instance, "first", by: site.anna)
            let kept = try await site.checkpoint(instance, "second", withMemory: true, by: site.anna)
            _ = try await site.cloud.perform(
                ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: first, disk: site.cloud.world.ids.next(DiskKind.self)))
            _ = try await HostWatch(cloud: site.cloud).pass()
            _ = try await site.cloud.perform(StartInstance(by: site.anna, instance: instance))
            return DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept)
        },
        CloudCase("with checkpoints") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.checkpoint(instance, "first", withMemory: true, by: site.anna)
            _ = try await site.checkpoint(instance, "second", by: site.anna)
            let disk = try await site.cloud.instance(instance, for: site.anna).disks[0].id
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
            site.clock.advance(by: site.cloud.world.settings.trashKept)
            return CollectDisk(disk)
        },
        CloudCase("") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
            site.clock.advance(by: site.cloud.world.settings.trashKept)
            let disk = try site.disk.read { try $0.disks.first(.equals(.instance, .id(instance))) }
            return CollectDisk(disk?.id ?? ID(bits: 0, 0))
        },
        CloudCase("running") { site in
            let (instance, forward) = try await site.launchWithForward(by: site.anna)
            return CloseForwardedPort(by: site.anna, instance: instance, forward: forward)
        },
        CloudCase("suspended") { site in
            let (instance, forward) = try await site.launchWithForward(by: site.anna)
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            return CloseForwardedPort(by: site.anna, instance: instance, forward: forward)
        },
        CloudCase("") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let change = UpdateInstance.Change(
                name: try DisplayName("other"), description: try Description("of mine"), tags: [try Tag("a")])
            return UpdateInstance(by: site.anna, instance: instance, change: change)
        },
        CloudCase("") { site in
            let upload = try await site.upload(by: site.admin)
            site.clock.advance(by: site.cloud.world.settings.uploadsKept)
            return CollectUpload(upload)
        },
        CloudCase("") { site in
            try site.cloud.request(template: site.template, name: "mine", start: false, by: site.anna)
        },
        CloudCase("a batch with its starts") { site in
            try site.cloud.request(template: site.template, name: "lab-%02d", count: 2, start: true, by: site.anna)
        },
        CloudCase("") { site in
            let image = try site.disk.read { try $0.images.all()[0] }
            return CreateTemplate(
                by: site.admin, template: site.cloud.world.ids.next(TemplateKind.self), name: try DisplayName("Other"),
                recipe: .init(
                    image: image.id, cpus: CPUCount(2), memory: .mebibytes(256), network: SimulatedSite.network,
                    leasePolicy: try site.leasePolicy), sharedWith: [ID<GroupKind>.everybody.text, site.bela.user.text])
        },
        CloudCase("running, with a forwarded port") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(
                OpenForwardedPort(by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
            return DestroyInstance(by: site.anna, instance: instance)
        },
        CloudCase("suspended") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            return DestroyInstance(by: site.anna, instance: instance)
        },
        CloudCase("suspended, with a first boot") { site in
            let instance = try await site.launchSeeded("mine", by: site.anna)
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            return DestroyInstance(by: site.anna, instance: instance)
        },
        CloudCase("never started") { site in
            DestroyInstance(by: site.anna, instance: try await site.make("mine", by: site.anna))
        },
        CloudCase("of a first start that is stuck") { site in
            DestroyInstance(by: site.anna, instance: try await site.stuckStart("mine", by: site.anna, at: "power"))
        },
        CloudCase("of a return that is stuck") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            let kept = try await site.checkpoint(instance, "kept", withMemory: true, by: site.anna)
            let disk = site.cloud.world.ids.next(DiskKind.self)
            try await site.stick(
                ReturnToCheckpoint(by: site.anna, instance: instance, checkpoint: kept, disk: disk), at: "old disk")
            return DestroyInstance(by: site.anna, instance: instance)
        },
        CloudCase("of a template that is stuck") { site in
            let (instance, ids) = (try await site.stopped("mine", by: site.anna), site.cloud.world.ids)
            let saving = SaveAsTemplate(
                by: site.anna, instance: instance, template: ids.next(TemplateKind.self), name: try DisplayName("saved"),
                image: ids.next(ImageKind.self))
            try await site.stick(saving, at: "copy[0]")
            return DestroyInstance(by: site.anna, instance: instance)
        },
        CloudCase("of a wake that is stuck") { site in
            DestroyInstance(by: site.anna, instance: try await site.stuckWake("mine", by: site.anna))
        },
        CloudCase("") { site in
            ForceOffInstance(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0])
        },
        CloudCase("of a checkpoint with memory that is stuck") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            try await site.stick(site.checkpointing(instance, "kept", withMemory: true, by: site.anna), at: "turn")
            return ForceOffInstance(by: site.anna, instance: instance)
        },
        CloudCase("of a drop that is stuck") { site in
            let instance = try await site.stopped("mine", by: site.anna)
            let kept = try await site.checkpoint(instance, "first", by: site.anna)
            _ = try await site.checkpoint(instance, "second", by: site.anna)
            try await site.stick(DropCheckpoint(by: site.anna, instance: instance, checkpoint: kept), at: "layer")
            return ForceOffInstance(by: site.anna, instance: instance)
        },
        CloudCase("of a port that is stuck") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            try await site.stick(site.attachingPort(to: instance, by: site.anna), at: "attach")
            return ForceOffInstance(by: site.anna, instance: instance)
        },
        CloudCase("of a first start that is stuck") { site in
            ForceOffInstance(by: site.anna, instance: try await site.stuckStart("mine", by: site.anna, at: "disk"))
        },
        CloudCase("of a first boot that is stuck") { site in
            let instance = try await site.makeSeeded("mine", by: site.anna)
            try await site.stick(StartInstance(by: site.anna, instance: instance), at: "seed")
            return ForceOffInstance(by: site.anna, instance: instance)
        },
        CloudCase("of a wake that is stuck") { site in
            ForceOffInstance(by: site.anna, instance: try await site.stuckWake("mine", by: site.anna))
        },
        CloudCase("") { site in
            let bytes = [UInt8](repeating: 7, count: 1 << 16)
            let upload = try await site.cloud.receiveUpload(OneChunk(bytes: bytes), limit: .mebibytes(1), by: site.admin)
            return ImportImage(
                by: site.admin, image: site.cloud.world.ids.next(ImageKind.self), name: try DisplayName("other"), upload: upload.id,
                format: .raw, sha256: upload.sha256, host: SimulatedSite.host)
        },
        CloudCase("") { site in
            InstallKeys(
                by: site.anna, instance: try await site.launch("mine", by: site.anna)[0], install: ["ssh-ed25519 AAAA own"],
                remove: ["ssh-ed25519 AAAA other"])
        },
        CloudCase("running") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            return OpenForwardedPort(
                by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22)
        },
        CloudCase("never started") { site in
            let instance = try await site.make("mine", by: site.anna)
            return OpenForwardedPort(
                by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22)
        },
        CloudCase("") { site in
            PauseInstance(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0])
        },
        CloudCase(
            "",
            forgiving: { host in
                // A guest that was asked to reboot cannot be un-asked.
                host.guests.rebooting = [:]
                for instance in host.guests.guests.keys { host.guests.guests[instance]?.resets = 0 }
            }
        ) { site in
            RebootInstance(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0])
        },
        CloudCase("") { site in
            ResetInstance(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0])
        },
        CloudCase("") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance))
            return ResumeInstance(by: site.anna, instance: instance)
        },
        CloudCase("") { site in
            SetPassword(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0], password: Secret("a password of anna's"))
        },
        CloudCase("") { site in
            let template = try await site.savedTemplate(by: site.anna)
            return PublishRevision(by: site.anna, template: template, number: 1)
        },
        CloudCase("running") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            return RebuildInstance(by: site.anna, instance: instance, disk: site.cloud.world.ids.next(DiskKind.self))
        },
        CloudCase("stopped") { site in
            RebuildInstance(
                by: site.anna, instance: try await site.stopped("mine", by: site.anna), disk: site.cloud.world.ids.next(DiskKind.self))
        },
        CloudCase("stopped") { site in
            ResizeInstance(by: site.anna, instance: try await site.stopped("mine", by: site.anna), cpus: nil, memory: .mebibytes(256))
        },
        CloudCase("running, with a restart", forgiving: CloudCase.forgivingShutDown) { site in
            ResizeInstance(
                by: site.admin, instance: try await site.launch("mine", by: site.anna)[0], cpus: CPUCount(2), memory: nil,
                restart: site.cloud.world.ids.next(OperationKind.self))
        },
        CloudCase("") { site in RetireRevision(by: site.admin, template: site.template, number: 1) },
        CloudCase("stopped, a new template") { site in
            SaveAsTemplate(
                by: site.anna, instance: try await site.stopped("mine", by: site.anna),
                template: site.cloud.world.ids.next(TemplateKind.self), name: try DisplayName("Mine"),
                image: site.cloud.world.ids.next(ImageKind.self))
        },
        CloudCase("running, a new revision", forgiving: CloudCase.forgivingShutDown) { site in
            // An account that was charged before: a first charge leaves an empty account, which is none.
            _ = try await site.make("other", by: site.admin)
            return SaveAsTemplate(
                by: site.admin, instance: try await site.launch("mine", by: site.anna)[0], template: site.template, name: nil,
                image: site.cloud.world.ids.next(ImageKind.self))
        },
        CloudCase("with everything still kept") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(
                OpenForwardedPort(by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
            _ = try await site.cloud.perform(DestroyInstance(by: site.anna, instance: instance))
            return RecoverInstance(by: site.anna, instance: instance, port: site.cloud.world.ids.next(PortKind.self))
        },
        CloudCase("two at once, by another policy that is kept") { site in
            let made = [try await site.make("one", by: site.anna), try await site.make("two", by: site.anna)]
            return RenewInstances(by: site.anna, instances: made, policy: ID("lease-project"), keepingPolicy: true)
        },
        CloudCase("running though the records say that it is off") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            try site.forgetStart(of: instance)
            return try AdoptInstance(instance, on: SimulatedSite.host, judgedAt: site.fence(of: instance))
        },
        CloudCase("running though the records say that it sleeps") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            try site.forgetStart(of: instance, was: .suspended)
            return try AdoptInstance(instance, on: SimulatedSite.host, judgedAt: site.fence(of: instance))
        },
        CloudCase("crashed") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            try site.host.guests.crash(instance)
            return try SettleInstance(instance, judgedAt: site.fence(of: instance), failure: CloudError(.internalFault, ["part": "QEMU"]))
        },
        CloudCase("shut down from inside") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            try site.host.guests.shutDownFromInside(instance)
            return try SettleInstance(instance, judgedAt: site.fence(of: instance), failure: nil)
        },
        CloudCase("", forgiving: CloudCase.forgivingShutDown) { site in
            ShutDownInstance(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0])
        },
        CloudCase("for the first time") { site in
            StartInstance(by: site.anna, instance: try await site.make("mine", by: site.anna))
        },
        CloudCase("for the first time, with a first boot") { site in
            StartInstance(by: site.anna, instance: try await site.makeSeeded("mine", by: site.anna))
        },
        CloudCase("again, with a forwarded port") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(
                OpenForwardedPort(by: site.anna, instance: instance, id: site.cloud.world.ids.next(ForwardedPortKind.self), targetPort: 22))
            _ = try await site.cloud.perform(ForceOffInstance(by: site.anna, instance: instance))
            return StartInstance(by: site.anna, instance: instance)
        },
        CloudCase("") { site in
            SuspendInstance(by: site.anna, instance: try await site.launch("mine", by: site.anna)[0])
        },
        CloudCase("paused") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(PauseInstance(by: site.anna, instance: instance))
            return SuspendInstance(by: site.anna, instance: instance)
        },
        CloudCase("") { site in
            let instance = try await site.launch("mine", by: site.anna)[0]
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            return WakeInstance(by: site.anna, instance: instance)
        },
        CloudCase("with a first boot") { site in
            let instance = try await site.launchSeeded("mine", by: site.anna)
            _ = try await site.cloud.perform(SuspendInstance(by: site.anna, instance: instance))
            return WakeInstance(by: site.anna, instance: instance)
        },
    ]
}

extension Site {
    /// An instance that was never started.
    func make(_ name: String, by principal: Principal) async throws -> ID<InstanceKind> {
        try await cloud.perform(cloud.request(template: template, name: name, start: false, by: principal))[0]
    }

    /// A template of the same image whose machines read a seed when they boot, and have no agent.
    func seededTemplate(_ firstBoot: FirstBootUse = .nocloud, account: String = "student") async throws -> ID<TemplateKind> {
        let id = cloud.world.ids.next(TemplateKind.self)
        let image = try disk.read { try $0.images.all()[0].id }
        let access = AccessMethod(transport: .tcp, port: 22, account: account)
        let recipe = CreateTemplate.Recipe(
            image: image, cpus: CPUCount(1), memory: .mebibytes(512), network: SimulatedSite.network, leasePolicy: try leasePolicy,
            access: access, agent: .none, readiness: .port, firstBoot: firstBoot)
        _ = try await cloud.perform(
            CreateTemplate(
                by: admin, template: id, name: DisplayName("Seeded"), recipe: recipe, sharedWith: [ID<GroupKind>.everybody.text]))
        return id
    }

    /// An instance of such a template that was never started.
    func makeSeeded(_ name: String, by principal: Principal) async throws -> ID<InstanceKind> {
        let template = try await seededTemplate()
        return try await cloud.perform(cloud.request(template: template, name: name, start: false, by: principal))[0]
    }

    /// A running instance of such a template.
    func launchSeeded(_ name: String, by principal: Principal) async throws -> ID<InstanceKind> {
        let instance = try await makeSeeded(name, by: principal)
        _ = try await cloud.perform(StartInstance(by: principal, instance: instance))
        return instance
    }

    /// A running instance with a forwarded port.
    func launchWithForward(by principal: Principal) async throws -> (ID<InstanceKind>, ID<ForwardedPortKind>) {
        let (instance, forward) = (try await launch("mine", by: principal)[0], cloud.world.ids.next(ForwardedPortKind.self))
        _ = try await cloud.perform(OpenForwardedPort(by: principal, instance: instance, id: forward, targetPort: 22))
        return (instance, forward)
    }

    /// An instance that was started and cut off.
    func stopped(_ name: String, by principal: Principal) async throws -> ID<InstanceKind> {
        let instance = try await launch(name, by: principal)[0]
        _ = try await cloud.perform(ForceOffInstance(by: principal, instance: instance))
        return instance
    }

    /// A port on the site's network to be attached.
    func attachingPort(to instance: ID<InstanceKind>, by principal: Principal) -> AttachPort {
        AttachPort(by: principal, instance: instance, port: cloud.world.ids.next(PortKind.self), network: SimulatedSite.network)
    }

    /// A checkpoint to be made.
    func checkpointing(
        _ instance: ID<InstanceKind>, _ name: String, withMemory: Bool = false, by principal: Principal
    ) throws -> CheckpointInstance {
        let ids = cloud.world.ids
        return CheckpointInstance(
            by: principal, instance: instance, checkpoint: ids.next(CheckpointKind.self), disk: ids.next(DiskKind.self),
            name: try DisplayName(name), withMemory: withMemory)
    }

    /// A checkpoint that was made.
    func checkpoint(
        _ instance: ID<InstanceKind>, _ name: String, withMemory: Bool = false, by principal: Principal
    ) async throws -> ID<CheckpointKind> {
        try await cloud.perform(checkpointing(instance, name, withMemory: withMemory, by: principal))
    }

    /// A stopped instance with a data disk of 1 GiB.
    func withDataDisk(_ name: String, by principal: Principal) async throws -> (ID<InstanceKind>, ID<DiskKind>) {
        let (instance, disk) = (try await stopped(name, by: principal), cloud.world.ids.next(DiskKind.self))
        _ = try await cloud.perform(AttachDisk(by: principal, instance: instance, disk: disk, size: .gibibytes(1)))
        return (instance, disk)
    }

    /// A template with one draft, saved of an instance.
    func savedTemplate(by principal: Principal) async throws -> ID<TemplateKind> {
        let template = cloud.world.ids.next(TemplateKind.self)
        _ = try await cloud.perform(
            SaveAsTemplate(
                by: principal, instance: try await stopped("saved", by: principal), template: template, name: try DisplayName("Saved"),
                image: cloud.world.ids.next(ImageKind.self)))
        return template
    }

    /// The fence of an instance's row.
    func fence(of instance: ID<InstanceKind>) throws -> Fence { try disk.read { try $0.statuses.get(instance).fence } }

    /// An instance whose first start is stuck at a step: its answers are lost, and nobody can tell what was done.
    func stuckStart(_ name: String, by principal: Principal, at step: String) async throws -> ID<InstanceKind> {
        let instance = try await make(name, by: principal)
        try await stick(StartInstance(by: principal, instance: instance), at: step)
        return instance
    }

    /// An instance whose wake is stuck where its memory is read.
    func stuckWake(_ name: String, by principal: Principal) async throws -> ID<InstanceKind> {
        let instance = try await launch(name, by: principal)[0]
        _ = try await cloud.perform(SuspendInstance(by: principal, instance: instance))
        try await stick(WakeInstance(by: principal, instance: instance), at: "memory")
        return instance
    }

    /// Leaves a run stuck: the step's work is done, its answer never comes.
    func stick<Operation: CloudOperation>(_ operation: Operation, at step: String) async throws {
        let run = RunID(cloud.world.ids.next(OperationKind.self).text)
        let lost = Interference.Hurdle(
            OutcomeUnknown("lost by a check"), at: .boundary(Boundary(.afterEffect, step), of: run), times: .max)
        let blind = Interference.Hurdle(OutcomeUnknown("lost by a check")) { point in
            if case .call("guest.observe", _, _) = point { true } else { false }
        }
        stage.interference.set(Interference(hurdles: [blind]))
        defer { stage.interference.set(Interference()) }
        let unlucky = Cloud(world: cloud.world, clock: clock.waiting, probe: Interference(hurdles: [lost]))
        await #expect(throws: RunIsStuck.self) { _ = try await unlucky.runner.perform(operation, as: run) }
    }

    /// Bytes that nobody imported yet.
    func upload(by principal: Principal) async throws -> ID<UploadKind> {
        try await cloud.receiveUpload(OneChunk(bytes: [UInt8](repeating: 7, count: 1 << 16)), limit: .mebibytes(1), by: principal).id
    }

    /// The shipped policy of a lab.
    var leasePolicy: ID<LeasePolicyKind> {
        get throws {
            guard let id = ID<LeasePolicyKind>("lease-lab") else { throw CloudError(.notFound, ["object": "lease-lab"]) }
            return id
        }
    }
}
