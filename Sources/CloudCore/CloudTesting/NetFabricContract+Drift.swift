// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import NetFabric

extension NetFabricContract {
    /// What somebody may change of one port behind the fabric's back, all else left in place. Only who knows the technology can bring it
    /// about.
    public enum PortDrift: String, CaseIterable, Sendable {
        /// One of the port's flows is gone.
        case flow
        /// The port stands in another VLAN.
        case vlan
        /// The link is down.
        case link
        /// The host's own network stack hears the guest.
        case ingress
    }

    /// Checks that one look at the whole host tells which port drifted, that the look at that port agrees, and that the next command makes it
    /// good. For each ``PortDrift``; not in ``all``, for it needs somebody who brings the drift about.
    public func run(_ drift: PortDrift, by bring: @Sendable (FabricPort) async throws -> Void) async throws {
        try await tidied {
            let (drifting, beside) = (try port(0), try port(1))
            let both = [drifting, beside]
            for port in both { try await fabric.ensure(port, command("n", "port \(port.id)")) }
            for port in both { try await expect(port, whole: true, against: both) }
            try await bring(drifting)
            try await expect(drifting, whole: false, against: both)
            try await expect(beside, whole: true, against: both)
            try await expect(drifting, present: false)
            try await fabric.ensure(drifting, command("n", "again"))
            for port in both {
                try await expect(port, whole: true, against: both)
                try await expect(port, present: true)
            }
        }
    }

    static let lookChecks: [Check] = [
        Check(rule: "a look at the whole host compares each port that is given with what is asked of it") { contract in
            let (fabric, made, missing) = (contract.fabric, try contract.port(0), try contract.port(1))
            try await fabric.ensure(made, contract.command("o", "port"))
            try await contract.expect(made, whole: true, against: [made, missing])
            try await contract.expect(missing, whole: false, against: [made, missing])
            let others = [
                try contract.port(0, mac: MACAddress(number: 0x0200_DEAD_BEEF)),
                FabricPort(
                    id: made.id, network: made.network, vlan: made.vlan + 1, mac: made.mac, ipv4: made.ipv4, ipv6: made.ipv6,
                    label: made.label),
                FabricPort(
                    id: made.id, network: made.network, vlan: made.vlan, mac: made.mac, ipv4: made.ipv4, ipv6: nil, label: made.label),
            ]
            for other in others {
                try await contract.expect(other, whole: false, against: [missing, other])
                try await contract.expect(other, present: false)
            }
            let seen = try await fabric.inventory()
            try contract.require(seen.whole.contains(made.device), "a port that is not given is compared with nothing", "\(seen)")
        }
    ]

    private func expect(_ port: FabricPort, whole: Bool, against due: [FabricPort]) async throws {
        let seen = try await fabric.inventory(against: due)
        try require(
            seen.whole.contains(port.device) == whole, "a look at the whole host says that \(port.device) is \(whole ? "" : "not ")whole",
            "\(seen)")
    }
}
