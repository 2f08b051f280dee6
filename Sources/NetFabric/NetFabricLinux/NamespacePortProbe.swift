// SPDX-License-Identifier: Apache-2.0

import CNamespace
public import CloudModel
import Dispatch
public import NetFabric

/// Asks from a gateway's own network namespace whether a guest's port answers: the host itself has no address on the guests' networks
/// and shall have none.
public struct NamespacePortProbe: PortProbe {
    private let queue = DispatchQueue(label: "lyceum.port-probe", attributes: .concurrent)
    private let root: String
    /// Long enough for a guest that lives, short enough not to hold up the looks at others.
    private static let timeout = Int32(500)

    /// A probe of the networks that ``LinuxFabric`` serves on this host.
    /// - Parameter namespaces: where named network namespaces are.
    public init(namespaces: String = "/run/netns") { root = namespaces }

    /// As ``PortProbe/answers(_:port:on:)``.
    public func answers(_ address: IPv4Address, port: UInt16, on network: ID<NetworkKind>) async throws -> Bool {
        let path = "\(root)/\(NetworkNames(network).namespace)"
        let answer = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: lyceum_tcp_answers(path, address.number, port, Self.timeout)) }
        }
        guard answer >= 0 else {
            throw CloudError(.unavailable, ["part": "network \(network)"], detail: "no socket in \(path): errno \(-answer)")
        }
        return answer == 1
    }
}
