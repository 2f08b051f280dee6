// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
public import Hypervisor

/// What somebody may open: one console of one instance, as it stands under one fence.
public struct ConsoleGrant: Sendable, Hashable {
    /// Who.
    public let user: ID<UserKind>
    /// Of which instance.
    public let instance: ID<InstanceKind>
    /// Which of its consoles.
    public let kind: ConsoleKind
    /// The instance's fence when it was granted.
    public let fence: Fence
}

extension Cloud {
    /// Whether the principal may open a console of an instance now, and what exactly. Throws the refusal: `not-found`, `denied`,
    /// `state-forbids`, or `busy` while an operation is at work that does more than wait for the guest.
    /// - Parameter seen: the versions of the instance that the caller decided by; nil for any. Throws `stale-version`.
    public func grantConsole(
        _ kind: ConsoleKind, of id: ID<InstanceKind>, seen: SeenVersions? = nil, by principal: Principal
    ) async throws -> ConsoleGrant {
        let now = world.clock.now()
        return try await world.store.read { view in
            try seen?.require(in: view, for: principal, at: now)
            return try view.console(kind, of: id, by: principal, at: now).grant
        }
    }

    /// Opens what was granted, and notes who opened it when. Right, state and fence are judged anew: a grant is refused with `fence-stale`
    /// once anything else has claimed the instance.
    public func openConsole(_ grant: ConsoleGrant) async throws -> any ConsoleChannel {
        let (now, activity) = (world.clock.now(), world.ids.next(ActivityKind.self))
        let host = try await world.store.read { view in
            let principal = try view.principal(of: try view.users.get(grant.user))
            let (fresh, host) = try view.console(grant.kind, of: grant.instance, by: principal, at: now)
            guard fresh.fence == grant.fence else {
                throw CloudError(.fenceStale, ["fence": grant.fence.description, "seen": fresh.fence.description])
            }
            return host
        }
        let channel = try await world.hosts.parts(of: host).guests.openConsole(grant.kind, of: grant.instance, under: grant.fence)
        do {
            try await world.store.write { tx in
                try tx.activities.insert(
                    Activity(
                        id: activity, object: grant.instance.text, code: Verb.console.rawValue, parameters: ["kind": grant.kind.rawValue],
                        actor: grant.user, operation: nil, startedAt: now, endedAt: now, outcome: nil))
            }
        } catch {
            channel.close()
            throw error
        }
        return channel
    }

    /// Whether who holds an open console may go on: throws where the right was taken away, or the person is gone (invariant I31).
    public func recheckConsole(_ grant: ConsoleGrant) async throws {
        let now = world.clock.now()
        try await world.store.read { view in
            let principal = try view.principal(of: try view.users.get(grant.user))
            _ = try view.instance(grant.instance, for: .console, by: principal, at: now)
        }
    }
}

extension StoreView {
    fileprivate func console(
        _ kind: ConsoleKind, of id: ID<InstanceKind>, by principal: Principal, at now: Timestamp
    ) throws -> (grant: ConsoleGrant, host: ID<HostKind>) {
        _ = try instance(id, for: .console, by: principal, at: now)
        let (status, verb) = (try statuses.get(id), Verb.console)
        if let holder = status.operation, let run = try run(RunID(holder.text)), !run.state.isInterruptible {
            throw CloudError(.busy, ["object": id.text, "operation": holder.text])
        }
        if let refusal = verb.refusal(in: status.state, of: id) { throw refusal }
        // What runs has a host.
        guard let host = status.host else { throw CloudError(.internalFault, ["part": "records"], detail: "\(id) has no host") }
        return (ConsoleGrant(user: principal.user, instance: id, kind: kind, fence: status.fence), host)
    }
}
