// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import NetFabric
import NetFabricLinux
import Testing

/// Real frames through the real filter: one port sends as a hostile guest would, another of the same network listens.
extension LiveFabricTests {
    @Suite struct LiveFilterTests {
        static func network() throws -> FabricNetwork {
            let prefix: IPv6Address = try #require(IPv6Address("fd00:77::"))
            return FabricNetwork(
                id: try #require(ID("net-filter")), vlan: 3101, ipv4: try #require(IPv4Network("10.77.0.0/24")),
                gateway: try #require(IPv4Address("10.77.0.1")), ipv6Prefix: prefix, domain: "filter.test")
        }

        static func port(_ name: String, _ number: UInt32) throws -> FabricPort {
            let network = try network()
            let id = try #require(ID<PortKind>("port-\(name)"))
            let ipv4 = IPv4Address(number: network.ipv4.base.number + number)
            return FabricPort(
                id: id, network: network.id, vlan: network.vlan, mac: MACAddress(of: id), ipv4: ipv4, ipv6: network.ipv6(of: ipv4),
                label: try DNSLabel("vm-\(name)"))
        }

        static func command(_ step: String) throws -> Command { Command(run: try #require(ID("op-filter")), step: step, fence: Fence(1)) }

        // S44 to S47: what is forged never arrives, what is genuine does. Each frame bears a mark of its own.
        @Test func onlyGenuineFramesPass() async throws {
            let host = try LiveFabricHost("filter")
            defer { host.sweep() }
            let (me, other) = (try Self.port("sender", 5), try Self.port("listener", 6))
            try await host.fabric.ensure(me, Self.command("me"))
            try await host.fabric.ensure(other, Self.command("other"))
            let (tap, ear) = (try LiveTap(me.device), try LiveTap(other.device))
            // Both are known to the switch before anything is judged; a carrier takes a moment to be seen.
            var genuine = false
            for _ in 0..<50 where !genuine {
                try tap.send(LiveFrames.arp(1, sender: me.mac, me.ipv4, target: other.ipv4))
                genuine = ear.hears(me.mac.bytes + me.ipv4.bytes, within: 100)
            }
            #expect(genuine, "a genuine ARP request arrives")
            let gateway = try Self.network().gateway
            for (number, trial) in try Self.trials(me, other, gateway).enumerated() {
                ear.drain()
                let mark: [UInt8] = [0xC0, 0xFF, 0xEE, UInt8(number)]
                try tap.send(trial.frame(mark))
                let heard = ear.hears(mark, within: trial.passes ? 2000 : 300)
                #expect(heard == trial.passes, "\(trial.name) \(heard ? "passed" : "was dropped")")
            }
            // Drops are counted, and the genuine guest still speaks.
            let counters = try await host.call(host.tools.ofctl, ["-O", "OpenFlow14", "dump-flows", LiveFabricHost.bridge, "table=11"])
            #expect(counters.split(separator: "\n").contains { $0.contains("priority=0") && !$0.contains("n_packets=0,") })
            ear.drain()
            try tap.send(LiveFrames.arp(1, sender: me.mac, me.ipv4, target: other.ipv4))
            #expect(ear.hears(me.mac.bytes + me.ipv4.bytes, within: 2000))
            for port in [me, other] { try await host.fabric.remove(port, Self.command("remove \(port.id)")) }
        }

        struct Trial {
            let name: String
            let passes: Bool
            let frame: ([UInt8]) -> [UInt8]
        }

        static func trials(_ me: FabricPort, _ other: FabricPort, _ gateway: IPv4Address) throws -> [Trial] {
            typealias F = LiveFrames
            let strange = try #require(IPv4Address("10.77.0.99"))
            let thief = MACAddress(number: 0x0200_1234_5678)
            let all = try #require(IPv6Address("ff02::1"))
            let none = try #require(IPv6Address("::"))
            let local = IPv6Address(linkLocalOf: me.mac)
            let foreign = IPv6Address(linkLocalOf: other.mac)
            let mine = try #require(me.ipv6)
            func v4(
                _ source: IPv4Address, from: MACAddress? = nil, tags: [(Int, Int)] = [], _ body: @escaping ([UInt8]) -> (UInt8, [UInt8])
            )
                -> ([UInt8]) -> [UInt8]
            {
                { mark in
                    let (proto, payload) = body(mark)
                    return F.ethernet(
                        0x0800, from: from ?? me.mac, to: other.mac, F.ipv4(proto, source, other.ipv4, payload), tags: tags)
                }
            }
            func ping(_ mark: [UInt8]) -> (UInt8, [UInt8]) { (1, F.echo(mark)) }
            func v6(
                _ source: IPv6Address, _ type: UInt8, hops: UInt8 = 255, headers: [(UInt8, [UInt8])] = [], from: MACAddress? = nil,
                _ body: @escaping ([UInt8]) -> [UInt8]
            ) -> ([UInt8]) -> [UInt8] {
                { mark in
                    let message = F.icmp6(type, source, all, body(mark))
                    return F.ethernet(
                        0x86DD, from: from ?? me.mac, to: F.broadcast, F.ipv6(58, source, all, message, hops: hops, headers: headers))
                }
            }
            func advert(_ target: IPv6Address) -> ([UInt8]) -> [UInt8] {
                { mark in [0x20, 0, 0, 0] + F.bytes(target) + [2, 1] + me.mac.bytes + mark }
            }
            func solicit(_ target: IPv6Address) -> ([UInt8]) -> [UInt8] { { mark in [0, 0, 0, 0] + F.bytes(target) + mark } }
            let router: ([UInt8]) -> [UInt8] = { mark in [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0] + mark }
            // Eight bytes each, the first of which (what follows) is put in front.
            let hopByHop: (UInt8, [UInt8]) = (0, [0, 1, 4, 0, 0, 0, 0])
            let fragment: (UInt8, [UInt8]) = (44, [0, 0, 1, 0, 0, 0, 7])
            func server(_ source: Int, _ mark: [UInt8]) -> (UInt8, [UInt8]) {
                (17, F.udp(source, 68, F.dhcp(2, hardware: other.mac, type: 2, mark: mark)))
            }
            return [
                Trial(name: "own IPv4", passes: true, frame: v4(me.ipv4, ping)),
                Trial(name: "foreign IPv4", passes: false, frame: v4(strange, ping)),
                Trial(name: "the gateway's IPv4", passes: false, frame: v4(gateway, ping)),
                Trial(name: "the neighbour's IPv4", passes: false, frame: v4(other.ipv4, ping)),
                Trial(name: "foreign MAC", passes: false, frame: v4(me.ipv4, from: thief, ping)),
                Trial(name: "the neighbour's MAC", passes: false, frame: v4(me.ipv4, from: other.mac, ping)),
                Trial(name: "an 802.1Q tag", passes: false, frame: v4(me.ipv4, tags: [(0x8100, 3101)], ping)),
                Trial(name: "a priority tag", passes: false, frame: v4(me.ipv4, tags: [(0x8100, 0x2000)], ping)),
                Trial(name: "an 802.1ad tag", passes: false, frame: v4(me.ipv4, tags: [(0x88A8, 3101)], ping)),
                Trial(name: "two tags", passes: false, frame: v4(me.ipv4, tags: [(0x88A8, 3101), (0x8100, 7)], ping)),
                Trial(name: "a DHCP offer", passes: false, frame: v4(me.ipv4) { server(67, $0) }),
                Trial(name: "UDP from another port", passes: true, frame: v4(me.ipv4) { (17, F.udp(6767, 68, $0)) }),
                Trial(name: "an IPv4 fragment of one's own", passes: true) { mark in
                    F.ethernet(0x0800, from: me.mac, to: other.mac, F.ipv4(17, me.ipv4, other.ipv4, mark + mark, fragment: 0x0010))
                },
                Trial(name: "an IPv4 fragment of another", passes: false) { mark in
                    F.ethernet(0x0800, from: me.mac, to: other.mac, F.ipv4(17, strange, other.ipv4, mark + mark, fragment: 0x0010))
                },
                Trial(name: "own ARP", passes: true) { F.arp(2, sender: me.mac, me.ipv4, target: other.ipv4, mark: $0) },
                Trial(name: "ARP for the gateway", passes: false) { F.arp(2, sender: me.mac, gateway, target: other.ipv4, mark: $0) },
                Trial(name: "ARP with another's MAC inside", passes: false) {
                    F.arp(2, sender: other.mac, me.ipv4, target: other.ipv4, from: me.mac, mark: $0)
                },
                Trial(name: "gratuitous ARP for the neighbour", passes: false) {
                    F.arp(1, sender: me.mac, other.ipv4, target: other.ipv4, mark: $0)
                },
                Trial(name: "an address probe", passes: true) {
                    F.arp(1, sender: me.mac, IPv4Address(number: 0), target: me.ipv4, mark: $0)
                },
                Trial(name: "a probe for the neighbour's address", passes: false) {
                    F.arp(1, sender: me.mac, IPv4Address(number: 0), target: other.ipv4, mark: $0)
                },
                Trial(name: "a probe for the gateway's address", passes: false) {
                    F.arp(1, sender: me.mac, IPv4Address(number: 0), target: gateway, mark: $0)
                },
                Trial(name: "a probe that says it is an answer", passes: false) {
                    F.arp(2, sender: me.mac, IPv4Address(number: 0), target: me.ipv4, mark: $0)
                },
                Trial(name: "QEMU's announcement", passes: true) {
                    F.arp(3, sender: me.mac, IPv4Address(number: 0), target: IPv4Address(number: 0), type: 0x8035, mark: $0)
                },
                Trial(name: "a foreign announcement", passes: false) {
                    F.arp(3, sender: thief, IPv4Address(number: 0), target: IPv4Address(number: 0), from: me.mac, type: 0x8035, mark: $0)
                },
                Trial(name: "LLDP", passes: false) { mark in
                    F.ethernet(0x88CC, from: me.mac, to: MACAddress(number: 0x0180_C200_000E), mark)
                },
                Trial(name: "a spanning tree frame", passes: false) { mark in
                    F.ethernet(0x0026, from: me.mac, to: MACAddress(number: 0x0180_C200_0000), [0x42, 0x42, 3] + mark)
                },
                Trial(name: "an unknown type", passes: false) { mark in F.ethernet(0x88B5, from: me.mac, to: other.mac, mark) },
                Trial(name: "own link-local IPv6", passes: true, frame: v6(local, 128) { [0, 1, 0, 1] + $0 }),
                Trial(name: "own global IPv6", passes: true, frame: v6(mine, 128) { [0, 1, 0, 1] + $0 }),
                Trial(name: "foreign link-local IPv6", passes: false, frame: v6(foreign, 128) { [0, 1, 0, 1] + $0 }),
                Trial(name: "foreign global IPv6", passes: false, frame: v6(try #require(other.ipv6), 128) { [0, 1, 0, 1] + $0 }),
                Trial(name: "own IPv6 from a foreign MAC", passes: false, frame: v6(local, 128, from: thief) { [0, 1, 0, 1] + $0 }),
                Trial(name: "a router advertisement", passes: false, frame: v6(local, 134, router)),
                Trial(name: "one behind a hop-by-hop header", passes: false, frame: v6(local, 134, headers: [hopByHop], router)),
                Trial(name: "one in a fragment", passes: false, frame: v6(local, 134, headers: [fragment], router)),
                Trial(
                    name: "one in a fragment behind options", passes: false, frame: v6(local, 134, headers: [hopByHop, fragment], router)),
                Trial(
                    name: "a fragment of discovery from the global address", passes: false,
                    frame: v6(mine, 136, headers: [fragment], advert(mine))),
                Trial(
                    name: "another fragment from the global address", passes: true,
                    frame: v6(mine, 128, hops: 64, headers: [fragment]) { [0, 1, 0, 1] + $0 }),
                Trial(name: "a redirect", passes: false, frame: v6(local, 137, solicit(mine))),
                Trial(name: "own neighbour advertisement", passes: true, frame: v6(local, 136, advert(local))),
                Trial(name: "own global neighbour advertisement", passes: true, frame: v6(mine, 136, advert(mine))),
                Trial(name: "foreign neighbour advertisement", passes: false, frame: v6(local, 136, advert(foreign))),
                Trial(name: "duplicate detection of one's own", passes: true, frame: v6(none, 135, solicit(local))),
                Trial(name: "duplicate detection of another's", passes: false, frame: v6(none, 135, solicit(foreign))),
                Trial(name: "a DHCPv6 server", passes: false) { mark in
                    F.ethernet(0x86DD, from: me.mac, to: other.mac, F.ipv6(17, local, foreign, F.udp(547, 546, mark + mark), hops: 64))
                },
                Trial(name: "own DHCP discovery", passes: true) { mark in
                    let body = F.udp(68, 67, F.dhcp(1, hardware: me.mac, type: 1, mark: mark))
                    return F.ethernet(
                        0x0800, from: me.mac, to: F.broadcast,
                        F.ipv4(17, IPv4Address(number: 0), IPv4Address(number: .max), body))
                },
            ]
        }

        // The host's own stack must not hear what a guest sends to the tap's MAC, whatever addresses it has.
        @Test func theHostDoesNotHearAGuest() async throws {
            let host = try LiveFabricHost("deaf")
            defer { host.sweep() }
            let me = try Self.port("deafness", 7)
            try await host.fabric.ensure(me, Self.command("deaf"))
            let picture = NetworkPicture(serial: 1, network: try Self.network(), ports: [me], forwards: [])
            _ = try await host.fabric.apply(picture, Self.command("apply"))
            let tap = try LiveTap(me.device)
            let text = try String(contentsOfFile: "/sys/class/net/\(me.device)/address", encoding: .utf8)
            let tapMAC = try #require(MACAddress(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            let transit = Transit(vlan: picture.network.vlan).host
            func heard() throws -> Bool {
                tap.drain()
                let mark: [UInt8] = [0xDE, 0xAF, 0xDE, 0xAF]
                try tap.send(LiveFrames.arp(1, sender: me.mac, me.ipv4, target: transit))
                try tap.send(
                    LiveFrames.ethernet(
                        0x0800, from: me.mac, to: tapMAC, LiveFrames.ipv4(1, me.ipv4, transit, LiveFrames.echo(mark))))
                // An answer by ARP or by ping comes from the tap's own MAC.
                return tap.hears(me.mac.bytes + tapMAC.bytes, within: 1000)
            }
            #expect(try !heard())
            // The trial itself is sound: without the ingress rule the host does answer.
            try await host.call(host.tools.nft, ["delete", "chain", "netdev", "lyceum", me.device])
            #expect(try heard(), "without the rule the kernel answers, so the trial can fail")
            #expect(try await host.fabric.observe(me) == .absent)
            try await host.fabric.ensure(me, Self.command("again"))
            #expect(try !heard())
            try await host.fabric.remove(me, Self.command("undeaf"))
            try await host.fabric.remove(picture.network.id, Self.command("remove"))
        }
    }
}
