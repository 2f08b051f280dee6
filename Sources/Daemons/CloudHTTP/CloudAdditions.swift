// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore

// Small questions of the API that are about no one's objects.

extension Cloud {
    /// The number of the newest event; 0 where there is none. Numbers say nothing about anybody's objects.
    func lastEvent() async throws -> Int64 { try await world.store.read { try $0.eventRange()?.upperBound ?? 0 } }

    /// The network that templates get where nobody chooses: the site's first.
    func standardNetwork() async throws -> ID<NetworkKind> {
        guard let network = try await world.store.read({ try $0.networks.list(Query(limit: 1)).first }) else {
            throw CloudError(.unavailable, ["part": "network"])
        }
        return network.id
    }
}

extension ID where Kind == LeasePolicyKind {
    /// The policy that templates get where nobody chooses (`Site` ships it).
    static var lab: Self { Self("lease-lab") ?? Self(bits: 0, 0) }
}
