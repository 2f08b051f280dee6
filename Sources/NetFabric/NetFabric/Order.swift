// SPDX-License-Identifier: Apache-2.0

import CloudModel

extension Sequence where Element == FabricForward {
    /// The forwarded ports in the order of transport, public port, target.
    public var inOrder: [FabricForward] {
        func key(_ forward: FabricForward) -> (String, UInt16, IPv4Address, UInt16) {
            (forward.transport.rawValue, forward.publicPort, forward.target, forward.targetPort)
        }
        return sorted { key($0) < key($1) }
    }
}
