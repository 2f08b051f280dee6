// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric
import Testing

@Suite struct ServiceTextTests {
    static let places = NameService.Places(directory: "/run/lyceum/net/x")

    @Test func theRulesAreTheGoldenOnes() throws {
        let picture = try Samples.picture()
        #expect(try RuleText.gateway(picture) == Samples.golden("gateway.nft", RuleText.gateway(picture)))
        #expect(try RuleText.host(picture) == Samples.golden("host.nft", RuleText.host(picture)))
    }

    @Test func theNameServiceIsTheGoldenOne() throws {
        let picture = try Samples.picture()
        let upstream = [try #require(IPv4Address("192.0.2.53"))]
        let arguments = NameService.arguments(for: picture.network, places: Self.places, upstream: upstream)
        let files = [NameService.dhcpHosts(of: picture), NameService.hosts(of: picture)].flatMap { directory in
            directory.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        }
        let text = arguments.joined(separator: "\n") + "\n\n" + files.joined()
        #expect(try text == Samples.golden("dnsmasq.txt", text))
    }

    // The order in which records are given changes no byte (I6), and ports change no argument.
    @Test func theTextIsAFunctionOfTheRecords() throws {
        let picture = try Samples.picture()
        let turned = NetworkPicture(
            serial: 12, network: picture.network, ports: picture.ports.reversed(), forwards: picture.forwards.reversed())
        #expect(RuleText.gateway(picture) == RuleText.gateway(turned))
        #expect(RuleText.host(picture) == RuleText.host(turned))
        #expect(NameService.dhcpHosts(of: picture) == NameService.dhcpHosts(of: turned))
    }

    // Every character of what is written for a port is one that a number, an address or a strict label has.
    @Test func nothingForeignComesIntoAFile() throws {
        let picture = try Samples.picture()
        let allowed = Set("0123456789abcdefghijklmnopqrstuvwxyz.:-,[] \n")
        for text in [NameService.dhcpHosts(of: picture), NameService.hosts(of: picture)].flatMap(\.values) {
            #expect(text.allSatisfy { allowed.contains($0) })
        }
        for (id, text) in NameService.dhcpHosts(of: picture) {
            #expect(NameService.mac(ofEntry: text) == picture.ports.first { $0.id.text == id }?.mac)
        }
    }

    @Test func namesLeadBackToTheirNetworks() throws {
        let network = try Samples.network().id
        let names = NetworkNames(network)
        #expect(NetworkNames.network(ofNamespace: names.namespace) == network)
        #expect(NetworkNames.network(ofTable: names.table) == network)
        #expect(NetworkNames.network(ofNamespace: "docker0") == nil)
        for device in [names.gateway, names.uplink, names.hostEnd] { #expect(device.utf8.count <= 15) }
    }

    @Test func transitsDoNotMeet() {
        let all = (1...4094).flatMap { [Transit(vlan: $0).host, Transit(vlan: $0).gateway] }
        #expect(Set(all).count == 2 * 4094)
        #expect(all.allSatisfy { IPv4Network("100.64.0.0/10")?.contains($0) == true })
    }
}
