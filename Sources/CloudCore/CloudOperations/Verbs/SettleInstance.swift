// SPDX-License-Identifier: Apache-2.0

package import CloudModel
import CloudStore
package import CloudWorkflow
import Hypervisor

/// Lets the records follow what was seen: a guest that shut itself down is stopped, one whose domain died is failed; either way its host
/// is released. Begun by the host watch, for the cloud itself; refused where a verb came first, or where the guest is there after all.
package struct SettleInstance: CloudOperation {
    /// `instance.settle`
    package static let kind = "instance.settle"
    /// Which instance.
    package let instance: ID<InstanceKind>
    /// The fence of the row that was judged: whatever raised it since knows better.
    package let judgedAt: Fence
    /// Why it failed; nil where it shut itself down.
    package let failure: CloudError?
    /// The cloud itself.
    package var principal: Principal { .theCloud }
    /// The instance's id.
    package var object: String { instance.text }

    /// Settles an instance.
    package init(_ instance: ID<InstanceKind>, judgedAt: Fence, failure: CloudError?) {
        self.instance = instance
        self.judgedAt = judgedAt
        self.failure = failure
    }

    /// The verb.
    package func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let claim = try await flow.commit("claim") { tx in
            let fence = try tx.statuses.get(instance).fence
            guard fence == judgedAt else {
                throw CloudError(.fenceStale, ["fence": judgedAt.description, "seen": fence.description, "object": instance.text])
            }
            return try tx.claim(instance, for: .settle, by: principal, in: flow.run, placing: false, world: world)
        } undo: { tx, claim in
            try tx.release(claim, placed: false, world: world)
        }
        try await flow.step("look") { _ in
            let power = try await world.hosts.parts(of: claim.host).guests.observe(instance).power
            guard power != .running && power != .paused else {
                throw CloudError(
                    .stateForbids,
                    ["verb": Verb.settle.rawValue, "state": power.rawValue, "object": instance.text, "allowed": "absent, crashed, off"])
            }
        } undo: { _ in
            // Looking changed nothing.
        }
        // From here on only forward: a host that refuses is asked again with back-off, and not by a new run at each of the watch's passes.
        try await flow.commit("gone", irreversible: "the guest is gone") { _ in }
        try await flow.clearHost(claim, in: world)
        return try await flow.end("settled", irreversible: "starting is the way back") { tx in
            if failure == nil {
                try tx.settle(claim, .stopped, world: world)
            } else {
                try tx.settle(claim, .failed, failure: failure, world: world)
            }
        }
    }
}
