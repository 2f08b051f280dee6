// SPDX-License-Identifier: Apache-2.0

public import CloudModel

extension Sequence where Element == FabricForward {
    /// The forwarded ports in the order of transport, public port, target.
    public var inOrder: [FabricForward] {
        func key(_ forward: FabricForward) -> (String, UInt16, IPv4Address, UInt16) {
            (forward.transport.rawValue, forward.publicPort, forward.target, forward.targetPort)
        }
        return sorted { key($0) < key($1) }
    }
}

extension Command {
    /// Under what a host remembers a command on a network. Many instances' runs change one network, and their fences have nothing
    /// to do with each other; pictures are ordered by their serials instead. So fences are compared within one run only.
    public func subject(on network: String) -> String { "\(network)/\(run)" }
    /// The same command under another step: a picture of a later serial is a command of its own.
    public func step(_ step: String) -> Command { Command(run: run, step: step, fence: fence) }
}
