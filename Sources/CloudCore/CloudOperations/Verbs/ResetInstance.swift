// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import Hypervisor

/// Cuts an instance's power and gives it again, and waits until it is ready. What was in its memory is lost; its host keeps it all the
/// while. Gets through to an instance whose run only waits for the guest, and waits in its stead.
public struct ResetInstance: CloudOperation {
    /// `instance.reset`
    public static let kind = "instance.reset"
    /// Who asks.
    public let principal: Principal
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// The instance's id.
    public var object: String { instance.text }

    /// Resets an instance for a principal.
    public init(by principal: Principal, instance: ID<InstanceKind>) {
        self.principal = principal
        self.instance = instance
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> StartInstance.Output {
        let claim = try await flow.claim(instance, for: .reset, by: principal, in: world)
        let host = try world.hosts.parts(of: claim.host)
        try await flow.step("reset", irreversible: "the guest's memory is gone") {
            try await host.guests.reset(instance, $0.command(claim.fence))
        } observe: { _ in
            // One that has ended begins no more anew, whatever became of the first try: what is refused now is refused.
            let hasEnded: [GuestSighting.Power] = [.off, .crashed, .absent]
            return hasEnded.contains(try await host.guests.observe(instance).power) ? .neverDone : .notDone
        }
        flow.progress(50)
        return try await flow.bootAgain(claim, in: world)
    }
}

extension Flow where Transaction == any StoreTransaction {
    /// The rest of a verb behind which the guest begins anew: it is not ready until it is again, with a limit.
    func bootAgain(_ claim: InstanceClaim, in world: World) async throws -> StartInstance.Output {
        let since = try await commit("booting", irreversible: "the guest has begun anew") { tx in
            try tx.statuses.change(claim.instance) { $0.readyAt = nil }
            try tx.guestBeginsAnew(claim.instance)
            try tx.tell("instance.changed", claim.deed, at: world.clock.now())
            return world.clock.now()
        }
        let ready = try await waitUntilReady(claim, in: world)
        return try await end("ready", irreversible: "the guest has begun anew") { tx in
            try tx.finishWaiting(claim, ready, since: since, world: world)
        }
    }

    /// Sets the guest's clock, which stood while its processors did. One try: a silent agent is no reason to call a verb failed.
    func setClock(_ claim: InstanceClaim, in world: World) async throws {
        guard claim.agent != .none else { return }
        let host = try world.hosts.parts(of: claim.host)
        _ = try await waiting(for: "the guest's clock", every: world.settings.pollInterval, limit: .zero) { () -> Bool? in
            do {
                try await host.guests.setClock(claim.instance)
                return true
            } catch is CloudError { return nil } catch is OutcomeUnknown { return nil }
        }
    }
}
