// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

// How every verb of an instance begins.

extension Flow where Transaction == any StoreTransaction {
    /// Claims an instance for a verb; undone, it is free and where it was, and what was placed is given back.
    func claim(
        _ instance: ID<InstanceKind>, for verb: Verb, by principal: Principal, placing: Bool = false, in world: World
    ) async throws -> InstanceClaim {
        if placing { await world.looks.recent(world.clock.now(), freshness: world.settings.freshness) }
        return try await commit("claim") { [run] tx in
            try tx.claim(instance, for: verb, by: principal, in: run, placing: placing, world: world)
        } undo: { tx, claim in
            try tx.release(claim, placed: placing, world: world)
        }
    }

    /// Claims an instance for a verb that is wanted whatever stands against it: there is no way back, for it may take over from another
    /// run, and nobody else would know what that one left (Documentation/decisions/0007-what-is-wanted-is-done.md).
    func claimAsWanted(
        _ instance: ID<InstanceKind>, for verb: Verb, by principal: Principal, in world: World
    ) async throws -> InstanceClaim {
        try await commit("claim", irreversible: "what is wanted is done once the host answers") { [run] tx in
            try tx.claim(instance, for: verb, by: principal, in: run, placing: false, world: world)
        }
    }
}
