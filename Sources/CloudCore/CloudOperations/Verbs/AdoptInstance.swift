// SPDX-License-Identifier: Apache-2.0

package import CloudModel
import CloudStore
package import CloudWorkflow
import Hypervisor

/// Lets the records follow a guest that runs though they say that it does not: they were restored, and are of before its start. To work on its
/// disk as on that of a machine that is off would ruin it. Its processors and memory are counted beyond all limits, for they are used.
/// Begun by the host watch, for the cloud itself; refused where a verb came first, or where the guest is off after all.
package struct AdoptInstance: CloudOperation {
    /// `instance.adopt`
    package static let kind = "instance.adopt"
    /// Which instance.
    package let instance: ID<InstanceKind>
    /// Where it runs.
    package let host: ID<HostKind>
    /// The fence of the row that was judged: whatever raised it since knows better.
    package let judgedAt: Fence
    /// The cloud itself.
    package var principal: Principal { .theCloud }
    /// The instance's id.
    package var object: String { instance.text }

    /// Adopts an instance.
    package init(_ instance: ID<InstanceKind>, on host: ID<HostKind>, judgedAt: Fence) {
        self.instance = instance
        self.host = host
        self.judgedAt = judgedAt
    }

    /// The verb.
    package func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { tx in
            let status = try tx.statuses.get(instance)
            guard status.fence == judgedAt, status.host == nil else {
                throw CloudError(
                    .fenceStale, ["fence": judgedAt.description, "seen": status.fence.description, "object": instance.text])
            }
            try tx.seat(instance, on: host)
            let claim = try tx.claim(instance, for: .adopt, by: principal, in: flow.run, placing: false, world: world)
            for port in claim.ports { try tx.setAttached(true, port) }
            return claim
        } undo: { tx, claim in
            try tx.release(claim, placed: true, world: world)
            try tx.statuses.change(instance) { $0.host = nil }
        }
        try await flow.step("look") { _ in
            let power = try await world.hosts.parts(of: claim.host).guests.observe(instance).power
            guard power == .running || power == .paused else {
                throw CloudError(
                    .stateForbids,
                    ["verb": Verb.adopt.rawValue, "state": power.rawValue, "object": instance.text, "allowed": "paused, running"])
            }
        } undo: { _ in
            // Looking changed nothing.
        }
        // Its cards and the network's services are repaired where they are not what the records say from here on (`FabricWatch`).
        try await flow.commit("runs", irreversible: "the guest runs") { _ in }
        let slept = claim.before == .suspended
        if slept {
            let guests = try world.hosts.parts(of: claim.host).guests
            try await flow.step("discard", irreversible: "the guest has run on") {
                try await guests.discard(claim.memory, $0.command(claim.fence))
            }
        }
        return try await flow.end("adopted", irreversible: "force off ends it") { tx in
            try tx.settle(claim, slept ? .woken : .started, world: world)
            try tx.renewLease(of: instance, at: world.clock.now())
        }
    }
}

extension StoreTransaction {
    /// A host holds an instance from now on, because it does.
    fileprivate func seat(_ instance: ID<InstanceKind>, on host: ID<HostKind>) throws {
        let row = try instances.get(instance)
        try claims.insert(HostClaim(id: instance, host: host, cpus: row.cpus, memory: row.memory))
        try count(row.hostNeeds, for: row.group, and: row.owner)
        try statuses.change(instance) { $0.host = host }
    }
}
