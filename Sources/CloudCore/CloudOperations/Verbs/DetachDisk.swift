// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Takes a data disk from an instance; the disk is kept, and its owner may attach it to another of their instances. A guest that runs is
/// asked to let it go, with the limit that a shutdown has; where it does not, the disk stays attached, and the answer says so.
public struct DetachDisk: CloudOperation {
    /// `instance.detach-disk`
    public static let kind = "instance.detach-disk"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// Which of its disks.
    public let disk: ID<DiskKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Detaches a disk for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>, disk: ID<DiskKind>) {
        self.principal = principal
        self.instance = instance
        self.disk = disk
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { [run = flow.run] tx in
            let claim = try tx.claim(instance, for: .detachDisk, by: principal, in: run, placing: false, world: world)
            let row = try tx.requirePart(disk, of: instance, for: .detachDisk, by: principal)
            guard row.owner != nil else {
                throw CloudError(.invalidField, ["pointer": "/disk", "reason": "the disk that an instance boots from stays with it"])
            }
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        if claim.before == .running { try await askForDisk(claim, flow, in: world) }
        return try await flow.end("detached", irreversible: "attaching is the way back") { tx in
            try tx.detach(disk, from: instance)
            try tx.finish(claim, world: world)
        }
    }

    private func askForDisk(_ claim: InstanceClaim, _ flow: CloudFlow, in world: World) async throws {
        let host = try world.hosts.parts(of: claim.host)
        let guestDisk = GuestDisk(disk: disk, store: claim.memory.store)
        try await flow.step("ask") {
            try await host.guests.detach(disk, from: instance, $0.command(claim.fence))
        } undo: {
            // Its row keeps its place until the end, and no other disk of this guest is there (`closeSlots`).
            guard let slot = try await world.store.read({ try $0.disks.get(disk).slot }) else { return }
            guard try await !world.hasEnded(instance, on: claim.host) else { return }
            try await host.guests.attach(guestDisk, slot: slot, to: instance, $0.command(claim.fence))
        }
        let limit = world.settings.shutDownLimit
        let isGone = try await flow.waiting(for: "the guest to let the disk go", every: world.settings.pollInterval, limit: limit) {
            () -> Bool? in try await host.guests.disks(of: instance).contains(disk) ? nil : true
        }
        guard isGone == true else {
            throw CloudError(
                .timedOut, ["what": "the guest to let the disk go; it stays attached", "seconds": "\(limit.components.seconds)"])
        }
    }
}
