// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Lets a suspended instance go on from its memory. "No room" leaves it suspended.
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
        } undo: {
            // What ran has written to its disk: only its memory of now fits that disk, never the one it was woken from.
            let power = try await host.guests.observe(instance).power
            guard power != .absent else { return }
            // One that has ended by itself has no memory any more, and who wakes it again is told so (`memory-gone`), unless a manager before this
            // one had it saved and did not see the end of that.
            let memory = try await host.guests.observe(claim.memory)
            if [.off, .crashed].contains(power), case .absent = memory {
                try await host.guests.off(instance, $0.part("ended").command(claim.fence))
            } else {
                try await host.guests.suspend(instance, to: claim.memory, $0.command(claim.fence))
            }
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
