// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Lets a suspended instance go on from its memory. "No room" leaves it suspended. A guest that went on and ended by itself before the wake was
/// done has no memory any more: where the wake is taken back then, the instance is stopped, or failed, as any other whose guest ends.
public struct WakeInstance: CloudOperation {
    /// `instance.wake`
    public static let kind = "instance.wake"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Wakes an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> StartInstance.Output {
        let claim = try await flow.claim(instance, for: .wake, by: principal, placing: true, in: world)
        try await flow.connect(claim, in: world)
        let host = try world.hosts.parts(of: claim.host)
        flow.progress(30)
        _ = try await flow.step("memory") {
            // Memory that is read is spent, and fits no disk but its own.
            for disk in claim.disks { try await world.require(disk, of: claim) }
            try await host.guests.wake(claim.guest, from: claim.memory, $0.command(claim.fence))
            return Nothing()
        } observe: { _ in
            try await world.seesRunning(claim)
        } undo: { key in
            // What ran has written to its disk: only its memory of now fits that disk, never the one it was woken from.
            let power = try await host.guests.observe(instance).power
            // One that has ended by itself has none, unless a manager before this one had it saved and did not see the end of that.
            if case .absent = try await host.guests.observe(claim.memory) {
                guard power != .absent else { return }
                if [.off, .crashed].contains(power) {
                    return try await world.clearEnded(claim, hasCrashed: power == .crashed, key)
                }
            }
            // Also where no guest is seen yet: the wake may be on its way, and comes to nothing behind this.
            try await host.guests.suspend(instance, to: claim.memory, key.command(claim.fence))
        }
        flow.progress(60)
        let wokenAt = try await flow.commit("running", irreversible: "suspending is the way back") { tx in
            try tx.settle(claim, .woken, goesOn: true, world: world)
            try tx.renewLease(of: instance, at: world.clock.now())
            return world.clock.now()
        }
        try await flow.step("discard", irreversible: "the guest has run on") {
            try await host.guests.discard(claim.memory, $0.command(claim.fence))
        }
        let ready = try await flow.waitUntilReady(claim, fromMemory: true, in: world)
        // A wrong clock may be why it is not.
        if ready == nil { try await flow.setClock(claim, in: world) }
        return try await flow.end("ready", irreversible: "suspending is the way back") { tx in
            try tx.finishWaiting(claim, ready, since: wokenAt, world: world)
        }
    }
}

extension World {
    /// A guest that was woken has ended by itself: nothing of it is left on its host, and the row says so before the host shows it no more. The
    /// domain goes last: as long as it is there, all this is done again.
    fileprivate func clearEnded(_ claim: InstanceClaim, hasCrashed: Bool, _ key: StepKey) async throws {
        let guests = try hosts.parts(of: claim.host).guests
        try await guests.discard(claim.memory, key.part("spent").command(claim.fence))
        try await store.write { tx in try tx.noteEnd(of: claim, hasCrashed: hasCrashed, at: clock.now()) }
        if let seed = claim.guest.seed { try await guests.remove(seed, key.part("seed").command(claim.fence)) }
        try await guests.off(claim.instance, key.part("ended").command(claim.fence))
    }
}

extension StoreTransaction {
    /// A claimed instance whose guest ended is what the table says of that; its claim is given back by whoever took it. Harmless when repeated.
    fileprivate func noteEnd(of claim: InstanceClaim, hasCrashed: Bool, at now: Timestamp) throws {
        var status = try statuses.get(claim.instance)
        guard status.fence == claim.fence else {
            throw CloudError(
                .fenceStale, ["fence": claim.fence.description, "seen": status.fence.description, "object": claim.instance.text])
        }
        guard status.state == claim.before, let state = status.state.after(hasCrashed ? .failed : .stopped) else { return }
        status.state = state
        status.failure = hasCrashed ? CloudError(.guestLost, ["instance": claim.instance.text]) : nil
        status.changedAt = now
        try statuses.update(status)
        try tell("instance.changed", claim.deed, at: now)
    }
}
