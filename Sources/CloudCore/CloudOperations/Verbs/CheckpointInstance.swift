// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric

/// Keeps the disk that an instance boots from as it is now, and the memory of a running guest with it where that is asked for. What was
/// its disk is a layer from then on, and the instance writes a new one that lies on it. The guest is told nothing: of one that runs, the
/// disk alone is kept as a power cut would leave it. Data disks are left out.
public struct CheckpointInstance: CloudOperation {
    /// `instance.checkpoint`
    public static let kind = "instance.checkpoint"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The checkpoint's id, chosen before.
    public let checkpoint: ID<CheckpointKind>
    /// The id of the disk that the instance writes from then on, chosen before.
    public let disk: ID<DiskKind>
    /// Unique among the instance's checkpoints.
    public let name: DisplayName
    /// Whether the memory is kept too.
    public let withMemory: Bool
    /// The instance's id.
    public var object: String { instance.text }

    /// Makes a checkpoint for a principal.
    public init(
        by principal: Principal, instance: ID<InstanceKind>, checkpoint: ID<CheckpointKind>, disk: ID<DiskKind>, name: DisplayName,
        withMemory: Bool = false
    ) {
        self.principal = principal
        self.instance = instance
        self.checkpoint = checkpoint
        self.disk = disk
        self.name = name
        self.withMemory = withMemory
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> ID<CheckpointKind> {
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .checkpoint, by: principal, in: run, placing: false, world: world)
            try check(claim, in: tx)
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        let host = try world.hosts.parts(of: claim.host)
        let old = claim.disks[0]
        let overlay = try await flow.commit("new disk") { tx in
            let row = try tx.disks.get(old.disk)
            try tx.requireRoom(in: row.store, by: world.settings)
            try tx.charge(
                try cost(claim, in: tx), to: claim.charged(in: tx).group, and: claim.charged(in: tx).owner,
                defaults: world.settings.limits)
            return try tx.insertDisk(disk, on: row, asLargeAs: row)
        } undo: { tx, _ in
            try tx.giveBack(try cost(claim, in: tx), to: claim.charged(in: tx).group, and: claim.charged(in: tx).owner)
            try tx.disks.delete(disk)
        }
        let memory = withMemory ? claim.memory(of: checkpoint) : nil
        try await flow.step("overlay") {
            try await world.require(old, of: claim)
            try await host.disks.ensure(overlay, $0.command(claim.fence))
        } undo: {
            try await host.disks.remove(disk, $0.command(claim.fence))
            if let memory { try await host.guests.discard(memory, $0.part("memory").command(claim.fence)) }
            try await world.free(old, on: claim.host, $0.command(claim.fence))
        }
        flow.progress(30)
        if claim.before == .running {
            let below = claim.guest.disks[0]
            let guestDisk = GuestDisk(disk: disk, store: below.store, image: below.image, layers: [below.disk] + below.layers)
            try await flow.step("turn", irreversible: "the guest writes the new disk") {
                try await host.guests.turn(instance, to: guestDisk, keeping: memory, $0.command(claim.fence))
            } observe: { _ in
                try await turned(memory, on: host)
            }
        }
        return try await flow.end("kept", irreversible: "dropping is the way back") { tx in
            try tx.exchange(old.disk, for: disk)
            let row = try tx.instances.get(instance)
            try tx.checkpoints.insert(
                Checkpoint(
                    id: checkpoint, instance: instance, name: name, disk: old.disk, memory: withMemory ? row.memory : nil, cpus: row.cpus,
                    ports: claim.ports.map(\.id), createdAt: world.clock.now()))
            try tx.finish(claim, world: world)
            return checkpoint
        }
    }

    /// What became of a turn whose answer was lost. A guest that has ended since without memory to be kept has turned, whatever it wrote:
    /// what lies on its disk is its next one.
    private func turned(_ memory: MemoryImage?, on host: HostParts) async throws -> Observation<Nothing> {
        if try await host.guests.isAtWork(on: instance) { return .underWay }
        let hasEnded: Bool
        switch try await host.guests.observe(instance).power {
        case .off, .crashed: hasEnded = true
        case .running, .paused, .absent: hasEnded = false
        }
        let hasTurned = try await host.guests.disks(of: instance).contains(disk)
        guard let memory else { return hasTurned || hasEnded ? .done(Nothing()) : .notDone }
        guard hasTurned else { return hasEnded ? .neverDone : .notDone }
        if case .present = try await host.guests.observe(memory) { return .done(Nothing()) }
        return .notDone
    }

    private func check(_ claim: InstanceClaim, in tx: any StoreTransaction) throws {
        try tx.requireCheckpointPlace(of: instance)
        let kept = try tx.checkpoints.all(.equals(.instance, .id(instance)))
        guard !kept.contains(where: { $0.name == name }) else {
            throw CloudError(.nameTaken, ["name": name.text, "proposal": "\(name.text.prefix(115))-2"])
        }
        guard withMemory else { return }
        guard claim.before == .running else {
            throw CloudError(
                .stateForbids,
                ["verb": Verb.checkpoint.rawValue, "state": claim.before.rawValue, "object": instance.text, "allowed": "running"])
        }
        try tx.requireNoDataDisks(of: instance)
    }

    /// The disk that lies on the kept one may grow as large as it, and memory takes its size at most.
    private func cost(_ claim: InstanceClaim, in tx: any StoreTransaction) throws -> ResourceAmounts {
        ResourceAmounts(disk: claim.disks[0].virtualSize + (withMemory ? try tx.instances.get(instance).memory : .zero))
    }
}

extension CheckpointInstance: LeavesRemains {
    func remains(in tx: any StoreTransaction, of run: RunRecord) throws -> Remains? {
        guard let row = try tx.disks.find(disk), row.slot == nil else { return nil }
        let overlay = try OverlayDescription(row, on: nil)
        return Remains(kept: .init(overlay: overlay, checkpoint: checkpoint, name: name, withMemory: withMemory))
    }
}

extension InstanceClaim {
    /// The row of the instance: who is charged for what it keeps.
    func charged(in tx: any StoreTransaction) throws -> Instance { try tx.instances.get(instance) }
}
