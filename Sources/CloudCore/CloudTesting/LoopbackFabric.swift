// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import NetFabric

/// A fabric behind a wire that is not there: every argument, result and refusal goes through JSON and back, as it will between a
/// manager and a host's daemon. An implementation passes its contract directly and through this.
public struct LoopbackFabric: FabricAbilities {
    private let far: any FabricAbilities

    /// The loopback in front of a fabric.
    public init(_ far: any FabricAbilities) { self.far = far }

    /// As ``PortFilter/ensure(_:_:)``.
    public func ensure(_ port: FabricPort, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.ensure(wired(port), wired(command)) }
    }
    /// As ``PortFilter/remove(_:_:)``.
    public func remove(_ port: FabricPort, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.remove(wired(port), wired(command)) }
    }
    /// As ``PortFilter/observe(_:)``.
    public func observe(_ port: FabricPort) async throws -> Evidence<FabricPort> {
        try await JSONLoopback.call { try await far.observe(wired(port)) }
    }
    /// As ``NetworkServices/apply(_:_:)``.
    public func apply(_ picture: NetworkPicture, _ command: Command) async throws -> Int64 {
        try await JSONLoopback.call { try await far.apply(wired(picture), wired(command)) }
    }
    /// As ``NetworkServices/remove(_:_:)``.
    public func remove(_ network: ID<NetworkKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.remove(wired(network), wired(command)) }
    }
    /// As ``NetworkServices/observe(_:)``.
    public func observe(_ network: ID<NetworkKind>) async throws -> Evidence<AppliedNetwork> {
        try await JSONLoopback.call { try await far.observe(wired(network)) }
    }
    /// As ``FabricInventory/inventory(against:)``.
    public func inventory(against due: [FabricPort]) async throws -> FabricContents {
        try await JSONLoopback.call { try await far.inventory(against: wired(due)) }
    }
    /// As ``FabricHealth/health()``.
    public func health() async throws -> [HostFinding] { try await JSONLoopback.call { try await far.health() } }

    private func wired<Value: Codable>(_ value: Value) throws -> Value { try JSONLoopback.through(value) }
}
