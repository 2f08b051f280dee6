// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Glibc
import NetFabric
import NetFabricLinux
import Testing

/// Addresses, names, the way out and forwarded ports, as a guest sees them: the kernel of a namespace plays the guest.
extension LiveFabricTests {
    @Suite struct LiveServicesTests {
        @Test func aGuestIsServed() async throws {
            let host = try LiveFabricHost("served")
            defer { host.sweep() }
            let picture = try Self.picture(1, forwards: true)
            for port in picture.ports { try await host.fabric.ensure(port, Self.command("port \(port.id)")) }
            #expect(try await host.fabric.apply(picture, Self.command("apply")) == 1)
            let (one, two) = (picture.ports[0], picture.ports[1])
            let guest = try await LiveGuest(one, host, "one")
            let other = try await LiveGuest(two, host, "two")

            // The recorded address, gateway and names come by DHCP.
            #expect(try await guest.lease() == "\(one.ipv4) \(picture.network.gateway) \(picture.network.domain)")
            #expect(try await other.lease() == "\(two.ipv4) \(picture.network.gateway) \(picture.network.domain)")
            #expect(try await guest.resolve("\(two.label).served.test", picture.network.gateway) == [two.ipv4.description])
            #expect(try await guest.resolve(two.ipv4.description, picture.network.gateway) == ["\(two.label).served.test"])
            #expect(try await guest.resolve("\(two.label).served.test", picture.network.gateway, six: true) == [two.ipv6?.description])
            #expect(try await guest.resolve("nobody.served.test", picture.network.gateway) == [])
            #expect(try await guest.pings("\(picture.network.gateway)"))
            #expect(try await guest.pings("\(two.ipv4)"))

            // A guest reaches nothing of the host itself, by whatever address.
            let transit = Transit(vlan: picture.network.vlan)
            try await host.serve(8099, "for the host only\n")
            #expect(await host.fetch("127.0.0.1", 8099) == "for the host only\n")
            for address in ["\(transit.host)", "\(transit.gateway)", "127.0.0.1"] {
                #expect(try await guest.fetch(address, 8099) == nil, "\(address):8099 answers a guest")
            }

            // A forwarded port leads in: from the host's loopback, from its own addresses, from the gateway's, and from a guest.
            try await guest.serve(8080, "hello from one\n")
            for address in ["127.0.0.1", "127.0.0.2", "\(transit.host)", "\(transit.gateway)"] {
                #expect(await host.fetch(address, 30_808) == "hello from one\n", "\(address):30808")
            }
            #expect(try await other.fetch("\(transit.host)", 30_808) == "hello from one\n", "a guest through the host")
            #expect(try await guest.fetch("\(transit.host)", 30_808) == "hello from one\n", "a guest to itself through the host")
            #expect(await host.fetch("127.0.0.1", 30_809) == nil, "a port that nobody forwarded")

            // A closed one does not, and what ran through it ends.
            let held = try Socket("127.0.0.1", 30_808)
            let closed = try Self.picture(2, forwards: false)
            #expect(try await host.fabric.apply(closed, Self.command("close")) == 2)
            #expect(await host.fetch("127.0.0.1", 30_808) == nil)
            #expect(!held.answers(within: 1500), "a connection lives on through a closed port")
            for port in picture.ports { try await host.fabric.remove(port, Self.command("remove \(port.id)")) }
            try await host.fabric.remove(picture.network.id, Self.command("remove"))
            let left = try await host.fabric.inventory()
            #expect(!left.devices.contains { $0.hasSuffix("served") } && !left.networks.contains("net-served"))
            #expect(!left.filtered.contains { $0.hasSuffix("served") || $0.hasPrefix("cookie") }, "\(left.filtered)")
        }

        // The way out ends behind the host's address: a namespace plays the world.
        @Test func aGuestGoesOutBehindTheHost() async throws {
            let host = try LiveFabricHost("outward")
            defer { host.sweep() }
            let picture = try Self.picture(1, forwards: true)
            let port = picture.ports[0]
            try await host.fabric.ensure(port, Self.command("out"))
            _ = try await host.fabric.apply(picture, Self.command("out"))
            let ip = host.tools.ip
            try await host.call(ip, ["netns", "add", "world"])
            try await host.call(ip, ["link", "add", "tow", "type", "veth", "peer", "name", "toh", "netns", "world"])
            try await host.call(ip, ["-batch", "-"], input: "addr add 198.51.100.2/24 dev tow\nlink set tow up\n")
            try await host.call(
                ip, ["-n", "world", "-batch", "-"], input: "addr add 198.51.100.1/24 dev toh\nlink set toh up\nlink set lo up\n")
            let guest = try await LiveGuest(port, host, "out")
            _ = try await guest.lease()
            #expect(try await guest.pings("198.51.100.1"))
            // From the world, a forwarded port of the host's address leads in.
            try await guest.serve(8080, "hello outside\n")
            let fetched = try await host.fetch("198.51.100.2", 30_808, in: "world")
            #expect(fetched == "hello outside\n")
            try await host.call(ip, ["netns", "del", "world"])
            try await host.fabric.remove(port, Self.command("out again"))
            try await host.fabric.remove(picture.network.id, Self.command("out again"))
        }

        // What a port had is gone with it: another guest's address is not leased to who asks in its name.
        @Test func nobodyIsLeasedAnothersAddress() async throws {
            let host = try LiveFabricHost("leases")
            defer { host.sweep() }
            let picture = try Self.picture(1, forwards: false)
            let (one, two) = (picture.ports[0], picture.ports[1])
            try await host.fabric.ensure(one, Self.command("l1"))
            _ = try await host.fabric.apply(picture, Self.command("l"))
            let tap = try LiveTap(one.device)
            func offered(_ hardware: MACAddress, _ mark: [UInt8]) throws -> Bool {
                let ask = LiveFrames.udp(68, 67, LiveFrames.dhcp(1, hardware: hardware, type: 1, mark: mark))
                let any = IPv4Address(number: 0)
                let frame = LiveFrames.ethernet(
                    0x0800, from: one.mac, to: LiveFrames.broadcast, LiveFrames.ipv4(17, any, IPv4Address(number: .max), ask))
                for _ in 0..<3 {
                    try tap.send(frame)
                    if tap.hears([2, 1, 6, 0] + mark, within: 1000) { return true }
                }
                return false
            }
            #expect(try offered(one.mac, [1, 2, 3, 4]), "the sender's own address is offered")
            #expect(try !offered(two.mac, [1, 2, 3, 5]), "another's is not")
            // The port goes out of the records: within one apply it is offered nothing.
            let without = NetworkPicture(serial: 2, network: picture.network, ports: [two], forwards: [])
            _ = try await host.fabric.apply(without, Self.command("l without"))
            #expect(try !offered(one.mac, [1, 2, 3, 6]), "a removed port's address is not offered")
            try await host.fabric.remove(one, Self.command("l end"))
            try await host.fabric.remove(picture.network.id, Self.command("l end"))
        }

        // IPv6: the recorded address by DHCPv6, the name's AAAA, an advertisement that names no default router.
        @Test func theRecordedIPv6ComesByDHCPv6() async throws {
            let host = try LiveFabricHost("six")
            defer { host.sweep() }
            let picture = try Self.picture(1, forwards: false)
            let (port, network) = (picture.ports[0], picture.network)
            try await host.fabric.ensure(port, Self.command("six"))
            _ = try await host.fabric.apply(picture, Self.command("six"))
            let tap = try LiveTap(port.device)
            let local = IPv6Address(linkLocalOf: port.mac)
            let due = LiveFrames.bytes(try #require(port.ipv6))
            func frame(_ to: UInt64, _ packet: [UInt8]) -> [UInt8] {
                LiveFrames.ethernet(0x86DD, from: port.mac, to: MACAddress(number: to), packet)
            }
            let routers: IPv6Address = try #require(IPv6Address("ff02::2"))
            let servers: IPv6Address = try #require(IPv6Address("ff02::1:2"))
            let solicit = LiveFrames.icmp6(133, local, routers, [0, 0, 0, 0])
            // SOLICIT with a DUID of the MAC and one IA_NA (RFC 8415).
            let ask: [UInt8] =
                [1, 7, 7, 7, 0, 1, 0, 10, 0, 3, 0, 1] + port.mac.bytes + [0, 3, 0, 12, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
                + [0, 8, 0, 2, 0, 0]
            let asked = LiveFrames.ipv6(17, local, servers, LiveFrames.udp6(546, 547, local, servers, ask))
            var (advertised, offered) = (false, false)
            for _ in 0..<20 where !(advertised && offered) {
                try tap.send(frame(0x3333_0000_0002, LiveFrames.ipv6(58, local, routers, solicit)))
                try tap.send(frame(0x3333_0001_0002, asked))
                for _ in 0..<20 {
                    guard let heard = tap.receive(within: 200), heard.count > 62, heard[12...13] == [0x86, 0xDD] else { continue }
                    if heard[20] == 58, heard[54] == 135, Array(heard[62..<78]) == LiveFrames.bytes(local) {
                        // The server asks who we are, and is told.
                        let asker = try #require(
                            IPv6Address(groups: (0..<8).map { UInt16(heard[22 + 2 * $0]) << 8 | UInt16(heard[23 + 2 * $0]) }))
                        let told = LiveFrames.icmp6(
                            136, local, asker, [0x60, 0, 0, 0] + LiveFrames.bytes(local) + [2, 1] + port.mac.bytes)
                        try tap.send(frame(network.gatewayMAC.number, LiveFrames.ipv6(58, local, asker, told)))
                    }
                    // Type 134, flags with "managed", lifetime 0.
                    if heard[20] == 58, heard[54] == 134 { advertised = heard[59] & 0x80 != 0 && heard[60] == 0 && heard[61] == 0 }
                    if heard[20] == 17, heard.contains([2, 7, 7, 7]) { offered = heard.contains(due) }
                    if advertised && offered { break }
                }
            }
            #expect(advertised, "an advertisement: managed, no default router")
            #expect(offered, "the recorded address is offered")
            try await host.fabric.remove(port, Self.command("six end"))
            try await host.fabric.remove(network.id, Self.command("six end"))
        }

        // MARK: Fixture

        static func command(_ step: String) throws -> Command { Command(run: try #require(ID("op-served")), step: step, fence: Fence(1)) }

        static func picture(_ serial: Int64, forwards: Bool) throws -> NetworkPicture {
            let prefix: IPv6Address = try #require(IPv6Address("fd00:78::"))
            let network = FabricNetwork(
                id: try #require(ID("net-served")), vlan: 3201, ipv4: try #require(IPv4Network("10.78.0.0/24")),
                gateway: try #require(IPv4Address("10.78.0.1")), ipv6Prefix: prefix, domain: "served.test")
            let ports = try ["one", "two"].enumerated().map { number, name in
                let id = try #require(ID<PortKind>("port-\(name)served"))
                let ipv4 = IPv4Address(number: network.ipv4.base.number + 20 + UInt32(number))
                return FabricPort(
                    id: id, network: network.id, vlan: network.vlan, mac: MACAddress(of: id), ipv4: ipv4, ipv6: network.ipv6(of: ipv4),
                    label: try DNSLabel("vm-\(name)"))
            }
            let forward = FabricForward(transport: .tcp, publicPort: 30_808, target: ports[0].ipv4, targetPort: 8080)
            return NetworkPicture(serial: serial, network: network, ports: ports, forwards: forwards ? [forward] : [])
        }
    }
}
