// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow
import Hypervisor
import NetFabric
import Synchronization

extension Flow where Transaction == any StoreTransaction {
    /// What a launch waits for, as it is shown.
    static var guestReady: String { "the guest to be ready" }

    /// Waits until the instance is ready as its template says; when that was, or nil when the limit passed.
    func waitUntilReady(_ claim: InstanceClaim, in world: World) async throws -> Timestamp? {
        let letIn = Mutex(false)
        return try await waiting(for: Self.guestReady, every: world.settings.pollInterval, limit: world.settings.readyLimit) {
            try await world.isReady(claim, letIn) ? world.clock.now() : nil
        }
    }
}

extension World {
    /// One look at a guest: running, agent, address, keys, access port, as far as its template asks for them. What does not answer yet
    /// is not ready yet, whatever the reason.
    /// - Parameter letIn: whether the keys are in the guest, which happens once.
    func isReady(_ claim: InstanceClaim, _ letIn: borrowing Mutex<Bool>) async throws -> Bool {
        let host = try hosts.parts(of: claim.host)
        do {
            guard try await host.guests.observe(claim.instance).power == .running else { return false }
            if claim.readiness == .running { return true }
            if claim.readiness == .agent, !letIn.withLock({ $0 }) {
                guard try await host.guests.addresses(claim.instance).contains(claim.ports[0].ipv4.description) else { return false }
                try await host.guests.authorize(keys(for: claim.instance), for: claim.method.account, in: claim.instance)
                letIn.withLock { $0 = true }
            }
            return try await host.probe.answers(claim.ports[0].ipv4, port: claim.method.port, on: claim.ports[0].network)
        } catch is CloudError { return false } catch is OutcomeUnknown { return false }
    }

    /// The SSH keys that log in to an instance: those of everybody who is operator of it, in order.
    private func keys(for id: ID<InstanceKind>) async throws -> [String] {
        let now = clock.now()
        return try await store.read { view in
            let instance = try view.instances.get(id)
            let granted = try view.grants.all(.equals(.object, .text(id.text))).filter {
                $0.level >= .operator && ($0.until ?? .distantFuture) > now
            }
            let subjects = Set(granted.map(\.subject))
            let members = try view.memberships.all(.isIn(.group, subjects.sorted().map(StoreValue.text))).map(\.user.text)
            let people = subjects.union(members).union([instance.owner.text])
            return try view.users.all(.isIn(.id, people.sorted().map(StoreValue.text))).flatMap(\.keys)
        }
    }
}

extension Timestamp {
    /// Later than any date that is written.
    static let distantFuture = Timestamp(milliseconds: .max)
}
