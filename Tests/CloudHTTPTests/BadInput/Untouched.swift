// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import ImageStoreSim
import Testing

extension Site {
    /// Does something and expects that the world is as it was: no row, no guest, no file more or less. Through the lens of `history`
    /// not even an operation was begun.
    func untouched(_ what: String, _ lens: WorldSnapshot.Lens = .history, _ body: () async throws -> Void) async throws {
        let before = try await WorldSnapshot(of: cloud.world.store, and: host.snapshot(), through: lens)
        try await body()
        let after = try await WorldSnapshot(of: cloud.world.store, and: host.snapshot(), through: lens)
        #expect(before.difference(to: after).isEmpty, "\(what): \(before.difference(to: after))")
    }

    /// How many images lie in the store.
    var storedImages: Int { host.snapshot().disks.images.count }
}
