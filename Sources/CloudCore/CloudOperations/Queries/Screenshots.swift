// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import Hypervisor

extension Cloud {
    /// What an instance shows now, a file of PNG; for everybody who may see it. Throws `state-forbids` where no host holds it, `host-unreachable` where
    /// its host does not answer.
    public func screenshot(of id: ID<InstanceKind>, for principal: Principal) async throws -> [UInt8] {
        let now = world.clock.now()
        let status = try await world.store.read { view in
            _ = try view.instance(id, for: .see, by: principal, at: now)
            return try view.statuses.get(id)
        }
        guard status.state.holdsHost, let host = status.host else {
            throw CloudError(
                .stateForbids,
                ["verb": "screenshot", "state": status.state.rawValue, "object": id.text, "allowed": "paused, running"])
        }
        return try await world.hosts.parts(of: host).guests.screenshot(of: id).png
    }
}
