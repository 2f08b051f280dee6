// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// The abilities of a host's network. What is applied is a pure function of the values given (invariant I6). All throw CloudError
// where the host refuses and OutcomeUnknown where the answer was lost. A repeat is harmless.

/// Connects and filters the ports of guests.
public protocol PortFilter: Sendable {
    /// Makes sure that the port's tap is on the switch, tagged, and that its filter is complete *before* its link is up
    /// (invariant I5). Outlives power cycles, suspend and wake of the guest.
    func ensure(_ port: FabricPort, _ command: Command) async throws
    /// Makes sure that tap, switch port and every flow of it are gone; the flows go last.
    func remove(_ port: FabricPort, _ command: Command) async throws
    /// Whether tap, switch port and filter are all there as asked.
    func observe(_ port: FabricPort) async throws -> Evidence<FabricPort>
}

/// Serves a network: gateway, DHCP, names, NAT, forwarded ports.
public protocol NetworkServices: Sendable {
    /// Makes the whole of the network's services as the picture says, atomically per service. A picture with an older serial than
    /// the applied one changes nothing and is no error: the newer one was made from later records, and where a newer one is waited for at
    /// the same time a host may make that one at once. Returns the serial now applied, never less than the picture's. The picture that is
    /// applied already is made again, whole.
    /// Entries that cannot be served are left out (``NetworkPicture/sound()``). Fences are compared within one run only, because
    /// runs of many instances change one network.
    func apply(_ picture: NetworkPicture, _ command: Command) async throws -> Int64
    /// Makes sure that nothing of the network is left on the host.
    func remove(_ network: ID<NetworkKind>, _ command: Command) async throws
    /// The newest picture asked for, and whether every part is as it says, read back from the parts themselves: a dead DHCP server
    /// or a changed rule is "not intact". Absent where the network has no gateway here.
    func observe(_ network: ID<NetworkKind>) async throws -> Evidence<AppliedNetwork>
}

/// Lists everything of ours on the host's network, for the audit.
public protocol FabricInventory: Sendable {
    /// Devices, networks and forwarded ports that are there, whoever made them, as far as they bear our names.
    ///
    /// Each port that is given is compared with what is due of it: where it is not as ``PortFilter/observe(_:)`` wants it, its device is in
    /// ``FabricContents/broken``, or not in ``FabricContents/filtered``, or not in ``FabricContents/devices``. It is one look at the whole
    /// host, whose cost must hardly grow with the ports, because reconcilers ask every few seconds. Of other ports nothing is compared.
    func inventory(against due: [FabricPort]) async throws -> FabricContents
}
extension FabricInventory {
    /// What is there, compared with nothing.
    public func inventory() async throws -> FabricContents { try await inventory(against: []) }
}

/// Tells whether the host's switch is as the fabric needs it.
public protocol FabricHealth: Sendable {
    /// Asks the switch. What cannot be done is a finding and not thrown; nothing is changed.
    func health() async throws -> [HostFinding]
}

/// All that a host's network can do.
public typealias FabricAbilities = FabricHealth & FabricInventory & NetworkServices & PortFilter
