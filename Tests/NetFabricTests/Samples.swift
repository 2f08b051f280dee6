// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import NetFabric
import Testing

/// What the tests are made from.
enum Samples {
    static func network(_ ipv4: String = "10.9.1.0/24", prefix: String? = "2001:db8:7:1::") throws -> FabricNetwork {
        let range = try #require(IPv4Network(ipv4))
        return FabricNetwork(
            id: try #require(ID("net-7k2m9q4x1c8v5b3n6z0d")), vlan: 7, ipv4: range, gateway: IPv4Address(number: range.base.number + 1),
            ipv6Prefix: try prefix.map { try #require(IPv6Address($0)) }, domain: "lab.test")
    }

    static func port(_ number: Int, of network: FabricNetwork, label: String? = nil) throws -> FabricPort {
        let ipv4 = IPv4Address(number: network.ipv4.base.number + UInt32(50 + number))
        return FabricPort(
            id: try #require(ID("port-\(number)8v5b3n6z0d7k2m9q4x1")), network: network.id, vlan: network.vlan,
            mac: MACAddress(number: 0x02_00_0A_09_01_00 + UInt64(number)), ipv4: ipv4, ipv6: network.ipv6(of: ipv4),
            label: try DNSLabel(label ?? "lab-\(number)"))
    }

    static func picture() throws -> NetworkPicture {
        let network = try network()
        let ports = try (1...3).map { try port($0, of: network) }
        return NetworkPicture(
            serial: 12, network: network, ports: ports,
            forwards: [
                FabricForward(transport: .tcp, publicPort: 30_022, target: ports[0].ipv4, targetPort: 22),
                FabricForward(transport: .udp, publicPort: 30_053, target: ports[1].ipv4, targetPort: 53),
                FabricForward(transport: .tcp, publicPort: 30_023, target: ports[0].ipv4, targetPort: 22),
            ])
    }

    /// A golden file's text; with LYCEUM_RECORD set it is written first, to be read by a person before it is committed.
    static func golden(_ name: String, _ text: String, file: String = #filePath) throws -> String {
        let path = URL(filePath: file).deletingLastPathComponent().appending(path: "../Fixtures/NetFabric/\(name)")
        if ProcessInfo.processInfo.environment["LYCEUM_RECORD"] != nil { try Data(text.utf8).write(to: path) }
        return String(decoding: try Data(contentsOf: path), as: UTF8.self)
    }
}
