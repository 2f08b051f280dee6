// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import ImageStore
import NetFabric

// What several verbs ask of a host, each an "ensure" or its opposite, under the claim's fence.

extension World {
    /// Makes sure that a claimed port is in its network's picture and that the host serves a picture with it.
    func attach(_ claim: InstanceClaim, _ key: StepKey) async throws { try await setAttached(true, claim, key) }

    /// Makes sure that a claimed port is out of its network's picture and that the host serves a picture without it.
    func detach(_ claim: InstanceClaim, _ key: StepKey) async throws { try await setAttached(false, claim, key) }

    private func setAttached(_ attached: Bool, _ claim: InstanceClaim, _ key: StepKey) async throws {
        let picture = try await store.write { tx in
            // Pictures carry no fence, so it is compared here: a run that was taken over does not bring a port back.
            let fence = try tx.statuses.get(claim.instance).fence
            guard fence == claim.fence else {
                throw CloudError(
                    .fenceStale, ["fence": claim.fence.description, "seen": fence.description, "object": claim.instance.text])
            }
            var port = try tx.ports.get(claim.port.id)
            if port.attached != attached {
                port.attached = attached
                try tx.ports.update(port)
                try tx.raiseSerial(of: port.network)
            }
            return try tx.picture(of: port.network)
        }
        try await serve(picture, on: claim.host, key)
    }

    /// Makes a host serve a network's newest picture. Pictures are ordered by their serial and not by a fence, so the fence is 0.
    func serve(_ picture: NetworkPicture, on host: ID<HostKind>, _ key: StepKey) async throws {
        _ = try await hosts.parts(of: host).fabric.apply(picture, key.command(Fence(0)))
    }

    /// Makes sure that the port is on the switch, filtered before its link is up (invariant I5).
    func filter(_ claim: InstanceClaim, _ key: StepKey) async throws {
        try await hosts.parts(of: claim.host).fabric.ensure(claim.port, key.command(claim.fence))
    }

    /// Makes sure that tap, switch port and flows are gone.
    func unfilter(_ claim: InstanceClaim, _ key: StepKey) async throws {
        try await hosts.parts(of: claim.host).fabric.remove(claim.port, key.command(claim.fence))
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
    /// Brings the claimed instance's port to its host; undone, nothing of it is left there.
    func connect(_ claim: InstanceClaim, in world: World) async throws {
        try await step("network") {
            try await world.attach(claim, $0)
        } undo: {
            try await world.detach(claim, $0)
        }
        try await step("port") {
            try await world.filter(claim, $0)
        } undo: {
            try await world.unfilter(claim, $0)
        }
    }

    /// Takes the claimed instance off its host. From the first step on there is only forward: memory that is gone does not come back,
    /// so a refusal is tried again until the host is free.
    func clearHost(_ claim: InstanceClaim, in world: World) async throws {
        try await step("power", irreversible: "the guest's memory is gone") { try await world.powerOff(claim, $0) }
        try await step("network", irreversible: "the guest is off") { try await world.detach(claim, $0) }
        try await step("port", irreversible: "the guest is off") { try await world.unfilter(claim, $0) }
    }
}
