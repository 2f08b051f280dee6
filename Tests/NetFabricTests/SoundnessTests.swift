// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric
import Testing

@Suite struct SoundnessTests {
    @Test(arguments: [
        "", ".", "lab..test", "-lab.test", "lab-.test", "Lab.test", "lab.test.", "lab test", "lab.test\n", "lab.test,1", "lab/test", "läb",
        String(repeating: "a", count: 64), Array(repeating: "abcdefghijklmnopqrstuvwxyz", count: 7).joined(separator: "."),
    ])
    func aDomainIsMadeOfStrictLabels(domain: String) throws {
        let sound = try Samples.network()
        let network = FabricNetwork(
            id: sound.id, vlan: 7, ipv4: sound.ipv4, gateway: sound.gateway, ipv6Prefix: nil, domain: domain)
        #expect(throws: CloudError.self) { try network.check() }
    }

    @Test(arguments: ["x;drop", "a b", "a\n", "wpad", "a,b", "#", "", "-a", "{", "a.b", "ä", String(repeating: "a", count: 64)])
    func aHostileLabelIsNoValue(label: String) {
        #expect(throws: CloudError.self) { try DNSLabel(label) }
    }

    @Test func oneBadEntryAmongAThousandLeavesTheOthers() throws {
        let network = try Samples.network("10.0.0.0/16")
        var ports = try (0..<1000).map { try Samples.port($0, of: network, label: "m-\($0)") }
        let stray = FabricPort(
            id: ports[500].id, network: network.id, vlan: 8, mac: ports[500].mac, ipv4: ports[500].ipv4, ipv6: nil, label: ports[500].label)
        ports[500] = stray
        let picture = NetworkPicture(serial: 1, network: network, ports: ports, forwards: [])
        let sound = try picture.sound()
        #expect(sound.ports.count == 999)
        #expect(try sound.sound() == sound)
    }

    @Test func twinsAreServedOnce() throws {
        let network = try Samples.network()
        let one = try Samples.port(1, of: network)
        let forward = FabricForward(transport: .tcp, publicPort: 30_000, target: one.ipv4, targetPort: 22)
        let stolen = FabricForward(transport: .tcp, publicPort: 30_000, target: IPv4Address(number: one.ipv4.number + 1), targetPort: 22)
        let gateway = FabricForward(transport: .tcp, publicPort: 30_001, target: network.gateway, targetPort: 53)
        let zero = FabricForward(transport: .udp, publicPort: 0, target: one.ipv4, targetPort: 1)
        let picture = NetworkPicture(serial: 1, network: network, ports: [one, one], forwards: [forward, stolen, gateway, zero])
        #expect(try picture.sound().ports == [one])
        #expect(try picture.sound().forwards.count == 1)
    }
}
