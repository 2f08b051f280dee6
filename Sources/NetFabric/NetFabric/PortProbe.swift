// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// Looks whether a guest's port answers, as its neighbours on the network see it.
public protocol PortProbe: Sendable {
    /// Whether something accepts on the guest's TCP port, asked from the network's gateway; gives up within a second and says false.
    /// A repeat is harmless. Throws `CloudError(.unavailable)` where the network is not served on this host.
    func answers(_ address: IPv4Address, port: UInt16, on network: ID<NetworkKind>) async throws -> Bool
}
