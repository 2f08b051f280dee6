// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric

// What several verbs ask of a host, each an "ensure" or its opposite, under the claim's fence.

extension World {
    /// Brings a claimed port to its host: the host serves the network's newest picture, in which the port is from the claim on, and the
    /// port is on the switch, filtered before its link is up (invariant I5).
    func connect(_ claim: InstanceClaim, _ key: StepKey) async throws {
        let picture = try await store.read { try $0.picture(of: claim.port.network) }
        try await serve(picture, on: claim.host, key.part("picture"))
        try await hosts.parts(of: claim.host).fabric.ensure(claim.port, key.command(claim.fence))
    }

    /// As ``connect(_:_:)`` for a port that was taken out of the picture.
    func reconnect(_ claim: InstanceClaim, _ key: StepKey) async throws {
        let picture = try await setAttached(true, claim)
        try await serve(picture, on: claim.host, key.part("picture"))
        try await hosts.parts(of: claim.host).fabric.ensure(claim.port, key.command(claim.fence))
    }

    /// Takes a claimed port off its host: it is in no picture, and tap, switch port and flows are gone.
    func disconnect(_ claim: InstanceClaim, _ key: StepKey) async throws {
        let picture = try await setAttached(false, claim)
        try await serve(picture, on: claim.host, key.part("picture"))
        try await hosts.parts(of: claim.host).fabric.remove(claim.port, key.command(claim.fence))
    }

    private func setAttached(_ attached: Bool, _ claim: InstanceClaim) async throws -> NetworkPicture {
        try await store.write { tx in
            // Pictures carry no fence, so it is compared here: a run that was taken over does not bring a port back.
            let fence = try tx.statuses.get(claim.instance).fence
            guard fence == claim.fence else {
                throw CloudError(
                    .fenceStale, ["fence": claim.fence.description, "seen": fence.description, "object": claim.instance.text])
            }
            try tx.setAttached(attached, claim.port)
            return try tx.picture(of: claim.port.network)
        }
    }

    /// Makes a host serve a network's newest picture. Pictures are ordered by their serial and not by a fence, so the fence is 0.
    func serve(_ picture: NetworkPicture, on host: ID<HostKind>, _ key: StepKey) async throws {
        _ = try await hosts.parts(of: host).fabric.apply(picture, key.command(Fence(0)))
    }

    /// Makes sure that the guest neither runs nor is defined.
    func powerOff(_ claim: InstanceClaim, _ key: StepKey) async throws {
        try await hosts.parts(of: claim.host).guests.off(claim.instance, key.command(claim.fence))
    }

    /// What was seen of a guest that may have been started.
    func seesRunning(_ claim: InstanceClaim) async throws -> Observation<Nothing> {
        let sighting = try await hosts.parts(of: claim.host).guests.observe(claim.instance)
        return sighting.power == .running && sighting.fence == claim.fence ? .done(Nothing()) : .notDone
    }
}

extension Flow where Transaction == any StoreTransaction {
    /// Brings the claimed instance's port to its host; undone, nothing of it is left there. The first step of a verb that brings an
    /// instance to a host, for from the claim on pictures that others have served hold the port too.
    func connect(_ claim: InstanceClaim, in world: World) async throws {
        try await step("network") {
            try await world.connect(claim, $0)
        } undo: {
            try await world.disconnect(claim, $0)
        }
    }

    /// Takes the claimed instance off its host. From the first step on there is only forward: memory that is gone does not come back,
    /// so a refusal is tried again until the host is free.
    func clearHost(_ claim: InstanceClaim, in world: World) async throws {
        try await step("power", irreversible: "the guest's memory is gone") { try await world.powerOff(claim, $0) }
        try await step("network", irreversible: "the guest is off") { try await world.disconnect(claim, $0) }
    }
}
