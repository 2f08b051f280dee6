// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric

// What several verbs ask of a host, each an "ensure" or its opposite, under the claim's fence.

extension World {
    /// Brings claimed ports to their host: the host serves the newest picture of each network, in which the ports are from the claim on,
    /// and the ports are on the switch, filtered before their links are up (invariant I5).
    func connect(_ claim: InstanceClaim, _ key: StepKey) async throws {
        let pictures = try await store.read { try $0.pictures(of: claim.ports) }
        try await connect(claim.ports, pictures, claim, key)
    }

    /// As ``connect(_:_:)`` for ports that were taken out of the picture.
    func reconnect(_ claim: InstanceClaim, _ key: StepKey) async throws { try await reconnect(claim.ports, claim, key) }

    /// As ``reconnect(_:_:)`` for some ports of the instance.
    func reconnect(_ ports: [FabricPort], _ claim: InstanceClaim, _ key: StepKey) async throws {
        let pictures = try await setAttached(true, ports, claim)
        try await connect(ports, pictures, claim, key)
    }

    /// Takes claimed ports off their host: they are in no picture, and taps, switch ports and flows are gone.
    func disconnect(_ claim: InstanceClaim, _ key: StepKey) async throws { try await disconnect(claim.ports, claim, key) }

    /// As ``disconnect(_:_:)`` for some ports of the instance. A host tells commands of one step apart by what they are about.
    func disconnect(_ ports: [FabricPort], _ claim: InstanceClaim, _ key: StepKey) async throws {
        let pictures = try await setAttached(false, ports, claim)
        for picture in pictures { try await serve(picture, on: claim.host, key.part("picture")) }
        let fabric = try hosts.parts(of: claim.host).fabric
        for port in ports { try await fabric.remove(port, key.command(claim.fence)) }
    }

    private func connect(_ ports: [FabricPort], _ pictures: [NetworkPicture], _ claim: InstanceClaim, _ key: StepKey) async throws {
        for picture in pictures { try await serve(picture, on: claim.host, key.part("picture")) }
        let fabric = try hosts.parts(of: claim.host).fabric
        for port in ports { try await fabric.ensure(port, key.command(claim.fence)) }
    }

    private func setAttached(_ attached: Bool, _ ports: [FabricPort], _ claim: InstanceClaim) async throws -> [NetworkPicture] {
        try await store.write { tx in
            // Pictures carry no fence, so it is compared here: a run that was taken over does not bring a port back.
            let fence = try tx.statuses.get(claim.instance).fence
            guard fence == claim.fence else {
                throw CloudError(
                    .fenceStale, ["fence": claim.fence.description, "seen": fence.description, "object": claim.instance.text])
            }
            for port in ports { try tx.setAttached(attached, port) }
            return try tx.pictures(of: ports)
        }
    }

    /// Makes a host serve a network's newest picture. Pictures are ordered by their serial and not by a fence, so the fence is 0.
    func serve(_ picture: NetworkPicture, on host: ID<HostKind>, _ key: StepKey) async throws {
        _ = try await hosts.parts(of: host).fabric.apply(picture, key.command(Fence(0)))
    }

    /// Throws `disk-missing` where a disk that holds somebody's data is not in its store. Nothing is made in its place: an empty disk would
    /// be taken for it, and lie in the way of what is brought back.
    func require(_ disk: OverlayDescription, of instance: ID<InstanceKind>, on host: ID<HostKind>) async throws {
        guard case .absent = try await hosts.parts(of: host).disks.observe(disk) else { return }
        throw CloudError(.diskMissing, ["instance": instance.text, "disk": disk.disk.text])
    }

    /// As ``require(_:of:on:)`` for a disk of a claimed instance, with what it lies on: a guest reads that too. Throws `image-missing` where
    /// that is the image.
    func require(_ disk: OverlayDescription, of claim: InstanceClaim) async throws {
        try await require(disk, of: claim.instance, on: claim.host)
        try await requireBase(of: disk.disk, of: claim)
    }

    /// Throws `disk-missing` where a layer below a disk of a claimed instance is not in its store, and `image-missing` where the image is not.
    func requireBase(of disk: ID<DiskKind>, of claim: InstanceClaim) async throws {
        let (layers, image) = try await store.read { view in
            let rows = try view.disks.all(.equals(.instance, .id(claim.instance)))
            let row = rows.first { $0.id == disk }
            let layers = (row?.layers(among: rows) ?? []).compactMap { layer in rows.first { $0.id == layer } }
            return (try layers.map { try OverlayDescription($0, on: try $0.image.map { try view.images.get($0) }) }, row?.image)
        }
        for layer in layers { try await require(layer, of: claim.instance, on: claim.host) }
        guard let image, case .absent = try await hosts.parts(of: claim.host).disks.observe(image) else { return }
        throw CloudError(.imageMissing, ["image": image.text])
    }

    /// Makes sure that a disk on which nothing lies any more may be written, where it is there: nothing is made in its place.
    func free(_ layer: OverlayDescription, on host: ID<HostKind>, _ command: Command) async throws {
        let disks = try hosts.parts(of: host).disks
        guard case .present = try await disks.observe(layer) else { return }
        try await disks.ensure(layer, command)
    }

    /// Makes sure that the guest neither runs nor is defined, and that what it read when it booted is gone with it.
    func powerOff(_ claim: InstanceClaim, _ key: StepKey) async throws {
        let guests = try hosts.parts(of: claim.host).guests
        try await guests.off(claim.instance, key.command(claim.fence))
        if let seed = claim.guest.seed { try await guests.remove(seed, key.part("seed").command(claim.fence)) }
    }

    /// What was seen of a guest that may have been started.
    func seesRunning(_ claim: InstanceClaim) async throws -> Observation<Nothing> {
        let sighting = try await hosts.parts(of: claim.host).guests.observe(claim.instance)
        return sighting.power == .running && sighting.fence == claim.fence ? .done(Nothing()) : .notDone
    }
}

extension Flow where Transaction == any StoreTransaction {
    /// Brings the claimed instance's ports to its host; undone, nothing of it is left there. The first step of a verb that brings an
    /// instance to a host, for from the claim on pictures that others have served hold the ports too.
    func connect(_ claim: InstanceClaim, in world: World) async throws {
        try await step("network") {
            try await world.connect(claim, $0)
        } undo: {
            try await world.disconnect(claim, $0)
        }
    }

    /// Asks the guest to shut down and waits until it is off, with the site's limit; its domain stays. Throws `timed-out`, where nothing was
    /// forced, and `guest-paused` at once where its host let its processors stand still: such a guest hears nobody. A guest that was
    /// asked cannot be un-asked: one that obeys late is settled by what is seen of it.
    /// - Parameter disks: what is to be done with them once the guest is off: where one is not in its store (`disk-missing`) nobody is asked,
    ///   for a guest that runs has it open, and is the last to have what is on it.
    func letShutDown(_ claim: InstanceClaim, needing disks: [OverlayDescription] = [], in world: World) async throws {
        let host = try world.hosts.parts(of: claim.host)
        let limit = world.settings.shutDownLimit
        try await step("ask") {
            for disk in disks { try await world.require(disk, of: claim) }
            try await host.guests.askToShutDown(claim.instance, $0.command(claim.fence))
        } undo: { _ in
            // See above.
        }
        let off = try await waiting(for: "the guest to shut down", every: world.settings.pollInterval, limit: limit) { () -> Bool? in
            let seen = try await host.guests.observe(claim.instance)
            switch seen.power {
            case .off, .absent, .crashed: return true
            case .running: return nil
            case .paused: throw CloudError.paused(claim.instance, by: seen.cause)
            }
        }
        guard off == true else {
            throw CloudError(.timedOut, ["what": "the guest to shut down; nothing was forced", "seconds": "\(limit.components.seconds)"])
        }
    }

    /// Takes the claimed instance off its host. From the first step on there is only forward: memory that is gone does not come back,
    /// so a refusal is tried again until the host is free.
    func clearHost(_ claim: InstanceClaim, in world: World) async throws {
        try await step("power", irreversible: "the guest's memory is gone") { try await world.powerOff(claim, $0) }
        try await step("network", irreversible: "the guest is off") { try await world.disconnect(claim, $0) }
    }
}
