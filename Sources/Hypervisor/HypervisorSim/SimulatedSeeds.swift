// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

/// A volume that a guest reads when it boots, on a simulated host.
public struct SimulatedSeed: Codable, Equatable, Sendable {
    /// Who the guest is.
    public var metaData: String
    /// How its cards are set.
    public var networkConfig: String
    /// Who logs in: only its hash (FNV-1a), for the hash of a password is in it.
    public var userData: UInt64

    /// What is kept of a seed.
    public init(_ seed: GuestSeed) {
        metaData = seed.metaData
        networkConfig = seed.networkConfig
        userData = FNV1a.hash(seed.userData)
    }
}

extension SimulatedHypervisor {
    /// As ``GuestSeeds/ensure(_:on:_:)``.
    public func ensure(_ seed: GuestSeed, on volume: SeedVolume, _ command: Command) async throws {
        try await effect("seed.ensure", on: volume.instance, command) { state, _ throws(CloudError) in
            state.seeds[volume.store, default: [:]][volume.instance] = SimulatedSeed(seed)
        }
    }

    /// As ``GuestSeeds/remove(_:_:)``.
    public func remove(_ volume: SeedVolume, _ command: Command) async throws {
        try await effect("seed.remove", on: volume.instance, command) { state, _ throws(CloudError) in
            state.seeds[volume.store]?[volume.instance] = nil
            if state.seeds[volume.store]?.isEmpty == true { state.seeds[volume.store] = nil }
        }
    }

    /// As ``GuestSeeds/observe(_:)``.
    public func observe(_ volume: SeedVolume) async throws -> Evidence<SeedVolume> {
        try await read("seed.observe", volume.instance.text) { state, _ in
            state.seeds[volume.store]?[volume.instance] != nil ? .present(volume) : .absent
        }
    }
}

extension SimulatedHostState {
    /// A guest whose first boot would find nothing to read is not started.
    func mustHaveSeed(_ guest: GuestDescription) throws(CloudError) {
        guard let volume = guest.seed, seeds[volume.store]?[volume.instance] == nil else { return }
        throw CloudError(.notFound, ["object": volume.instance.text], detail: "its seed is not there")
    }
}
