// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import Glibc
import NetFabric
import NetFabricLinux
import Synchronization
import Testing

/// What changes behind the fabric's back is seen, and made good by the next command; what it did is known after a restart.
extension LiveFabricTests {
    @Suite struct LiveDriftTests {
        static func command(_ step: String, fence: Int64 = 1) throws -> Command {
            Command(run: try #require(ID("op-drift")), step: step, fence: Fence(fence))
        }

        static func port() throws -> FabricPort {
            let id = try #require(ID<PortKind>("port-driftport"))
            return FabricPort(
                id: id, network: try #require(ID("net-drift")), vlan: 3301, mac: MACAddress(of: id),
                ipv4: try #require(IPv4Address("10.79.0.9")), ipv6: nil, label: try DNSLabel("vm-drift"))
        }

        static func picture(_ serial: Int64) throws -> NetworkPicture {
            let network = FabricNetwork(
                id: try #require(ID("net-drift")), vlan: 3301, ipv4: try #require(IPv4Network("10.79.0.0/24")),
                gateway: try #require(IPv4Address("10.79.0.1")), ipv6Prefix: nil, domain: "drift.test")
            let port = try port()
            let forward = FabricForward(transport: .tcp, publicPort: 30_901, target: port.ipv4, targetPort: 22)
            return NetworkPicture(serial: serial, network: network, ports: [port], forwards: [forward])
        }

        @Test func aPortsDriftIsSeenAndMadeGood() async throws {
            let host = try LiveFabricHost("portdrift")
            defer { host.sweep() }
            let port = try Self.port()
            let tools = host.tools
            let mark = "cookie=0x\(String(port.cookie, radix: 16))/-1"
            let drifts: [(String, ToolCall)] = [
                ("no flows", ToolCall(tools.ofctl, ["-O", "OpenFlow14", "del-flows", LiveFabricHost.bridge, mark])),
                (
                    "one flow less",
                    ToolCall(tools.ofctl, ["-O", "OpenFlow14", "del-flows", LiveFabricHost.bridge, "\(mark),table=10,udp,tp_src=67"])
                ),
                (
                    "one flow more",
                    ToolCall(
                        tools.ofctl,
                        [
                            "-O", "OpenFlow14", "add-flow", LiveFabricHost.bridge,
                            "cookie=\(mark.dropFirst(7).dropLast(3)),table=10,priority=999,ip,actions=NORMAL",
                        ])
                ),
                ("all flows", ToolCall(tools.ofctl, ["-O", "OpenFlow14", "del-flows", LiveFabricHost.bridge])),
                ("no switch port", ToolCall(tools.vsctl, ["del-port", LiveFabricHost.bridge, port.device])),
                ("another VLAN", ToolCall(tools.vsctl, ["set", "port", port.device, "tag=9"])),
                ("link down", ToolCall(tools.ip, ["link", "set", port.device, "down"])),
                ("no tap", ToolCall(tools.ip, ["link", "del", port.device])),
                ("no ingress rule", ToolCall(tools.nft, ["delete", "chain", "netdev", "lyceum", port.device])),
                ("no ingress rules", ToolCall(tools.nft, ["delete", "table", "netdev", "lyceum"])),
                ("an ingress rule more", ToolCall(tools.nft, ["add", "rule", "netdev", "lyceum", port.device, "accept"])),
                ("an ingress policy", ToolCall(tools.nft, ["add chain netdev lyceum \(port.device) { policy accept; }"])),
                ("another number", ToolCall(tools.vsctl, ["set", "interface", port.device, "ofport_request=777"])),
                ("another owner", ToolCall(tools.vsctl, ["set", "port", port.device, "external_ids:lyceum-port=port-other"])),
            ]
            for (number, (name, drift)) in drifts.enumerated() {
                try await host.fabric.ensure(port, Self.command("ensure \(number)"))
                #expect(try await host.fabric.observe(port) == .present(port), "before: \(name)")
                #expect(try await host.fabric.inventory(against: [port]).whole.contains(port.device), "before: \(name)")
                _ = try await host.runner.run(drift)
                #expect(try await host.fabric.observe(port) == .absent, "\(name)")
                #expect(try await !host.fabric.inventory(against: [port]).whole.contains(port.device), "\(name)")
            }
            try await host.fabric.ensure(port, Self.command("ensure last"))
            #expect(try await host.fabric.observe(port) == .present(port))
            try await host.fabric.remove(port, Self.command("remove"))
            #expect(try await host.fabric.observe(port) == .absent)
        }

        @Test(arguments: NetFabricContract.PortDrift.allCases, [false, true])
        func aLookAtTheHostTellsWhichPortDrifted(drift: NetFabricContract.PortDrift, throughJSON: Bool) async throws {
            let host = try LiveFabricHost("onedrift")
            defer { host.sweep() }
            let fabric: any FabricAbilities = throughJSON ? LoopbackFabric(host.fabric) : host.fabric
            let contract = NetFabricContract(fabric, salt: "drift\(drift)\(throughJSON ? "j" : "d")", vlan: 3301)
            try await contract.run(drift) { port in try await host.bring(drift, to: port) }
        }

        /// Each making is a dozen programs, one after the other, and a class begins at once.
        @Test func whoeverWaitsWhileAPictureIsMadeNeedsNoOtherMaking() async throws {
            let host = try LiveFabricHost("once")
            defer { host.sweep() }
            let counting = CountingTools()
            let fabric = try LinuxFabric(LiveFabricHost.settings(host.directory), runner: counting)
            let first = try Self.picture(1)
            _ = try await fabric.apply(first, Self.command("first"))
            let calls = counting.count
            _ = try await fabric.apply(first, Self.command("again"))
            let whole = counting.count - calls
            let second = try Self.picture(2)
            try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<20 {
                    let command = try Self.command("at once \(number)")
                    group.addTask { try await fabric.apply(second, command) }
                }
                for try await serial in group { #expect(serial == 2) }
            }
            let atOnce = counting.count - calls - whole
            #expect(atOnce <= 3 * whole, "\(atOnce) calls for 20 at once, \(whole) for one")
            #expect(
                try await fabric.observe(second.network.id) == .present(AppliedNetwork(serial: 2, intact: true)))
            try await fabric.remove(second.network.id, Self.command("remove"))
        }

        /// Runs what it is asked to and counts.
        final class CountingTools: ToolRunner {
            private let inner = SubprocessTools()
            private let calls = Mutex(0)
            var count: Int { calls.withLock { $0 } }
            func run(_ call: ToolCall) async throws -> String {
                calls.withLock { $0 += 1 }
                return try await inner.run(call)
            }
        }

        @Test func aNetworksDriftIsSeenAndMadeGood() async throws {
            let host = try LiveFabricHost("netdrift")
            defer { host.sweep() }
            let (picture, tools) = (try Self.picture(7), host.tools)
            let names = NetworkNames(picture.network.id)
            let inside = ["--net=/run/netns/\(names.namespace)", "--"]
            let directory = "\(host.directory)/run/\(picture.network.id)"
            let mark = "cookie=0x\(String(picture.network.cookie, radix: 16))/-1"
            let absent = Evidence<AppliedNetwork>.absent
            let broken = Evidence.present(AppliedNetwork(serial: 7, intact: false))
            let drifts: [(String, Evidence<AppliedNetwork>, ToolCall)] = [
                ("no host rules", broken, ToolCall(tools.nft, ["delete", "table", "ip", names.table])),
                ("an emptied map", broken, ToolCall(tools.nsenter, inside + [tools.nft, "flush", "map", "ip", "lyceum", "targets"])),
                (
                    "a rule more", broken,
                    ToolCall(tools.nsenter, inside + [tools.nft, "insert", "rule", "ip", "lyceum", "forward", "accept"])
                ),
                ("another table", broken, ToolCall(tools.nsenter, inside + [tools.nft, "add", "table", "inet", "foreign"])),
                ("no uplink", broken, ToolCall(tools.ip, ["link", "del", names.hostEnd])),
                ("uplink down", broken, ToolCall(tools.ip, ["link", "set", names.hostEnd, "down"])),
                ("no address", broken, ToolCall(tools.ip, ["-n", names.namespace, "addr", "flush", "dev", names.gateway])),
                ("no route", broken, ToolCall(tools.ip, ["-n", names.namespace, "route", "flush", "default"])),
                ("no gateway flow", broken, ToolCall(tools.ofctl, ["-O", "OpenFlow14", "del-flows", LiveFabricHost.bridge, mark])),
                ("no gateway device", absent, ToolCall(tools.vsctl, ["del-port", LiveFabricHost.bridge, names.gateway])),
                ("no namespace", absent, ToolCall(tools.ip, ["netns", "del", names.namespace])),
                ("no DHCP entry", broken, ToolCall("/usr/bin/rm", ["\(directory)/dhcp.d/\(picture.ports[0].id)"])),
                ("a foreign name", broken, ToolCall("/usr/bin/tee", ["\(directory)/hosts.d/evil"], input: "10.79.0.66 evil.drift.test\n")),
            ]
            for (number, (name, seen, drift)) in drifts.enumerated() {
                #expect(try await host.fabric.apply(picture, Self.command("apply \(number)")) == 7)
                #expect(
                    try await host.fabric.observe(picture.network.id) == .present(AppliedNetwork(serial: 7, intact: true)),
                    "before: \(name)")
                _ = try await host.runner.run(drift)
                #expect(try await host.fabric.observe(picture.network.id) == seen, "\(name)")
            }
            _ = try await host.fabric.apply(picture, Self.command("apply last"))
            #expect(try await host.fabric.observe(picture.network.id) == .present(AppliedNetwork(serial: 7, intact: true)))
            try await host.fabric.remove(picture.network.id, Self.command("remove"))
            #expect(try await host.fabric.observe(picture.network.id) == .absent)
        }

        @Test func dnsmasqOutlivesItsStarterAndIsFoundAgain() async throws {
            let host = try LiveFabricHost("dnsmasq")
            defer { host.sweep() }
            let (picture, network) = (try Self.picture(3), try Self.picture(3).network.id)
            func process() throws -> pid_t {
                let text = try String(contentsOfFile: "\(host.directory)/run/\(network)/dnsmasq.pid", encoding: .utf8)
                return try #require(pid_t(text.trimmingCharacters(in: .newlines)))
            }
            _ = try await host.fabric.apply(picture, Self.command("apply"))
            let first = try process()
            // Not a child of ours: nothing of it goes when we do.
            let status = try String(contentsOfFile: "/proc/\(first)/status", encoding: .utf8)
            #expect(status.contains("PPid:\t1\n"))
            #expect(status.contains("Uid:\t65534"))
            // A manager that is started anew knows what is served, repeats nothing, and restarts nothing.
            let anew = try host.reborn()
            #expect(try await anew.observe(network) == .present(AppliedNetwork(serial: 3, intact: true)))
            #expect(try await anew.apply(picture, Self.command("apply")) == 3)
            #expect(try await anew.apply(picture, Self.command("apply again")) == 3)
            #expect(try await anew.apply(Self.picture(2), Self.command("older")) == 3)
            #expect(try process() == first)
            // Dead, it is missed; the next apply starts another.
            #expect(kill(first, SIGKILL) == 0)
            for _ in 0..<100 where FileManager.default.fileExists(atPath: "/proc/\(first)/fd") {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await anew.observe(network) == .present(AppliedNetwork(serial: 3, intact: false)))
            _ = try await anew.apply(picture, Self.command("restart"))
            #expect(try process() != first)
            #expect(try await anew.observe(network) == .present(AppliedNetwork(serial: 3, intact: true)))
            // With its file lost it is still ours, and is not started twice.
            try FileManager.default.removeItem(atPath: "\(host.directory)/run/\(network)/dnsmasq.pid")
            _ = try await anew.apply(picture, Self.command("file lost"))
            #expect(try await anew.observe(network) == .present(AppliedNetwork(serial: 3, intact: true)))
            try await anew.remove(network, Self.command("remove"))
            let left = try await anew.inventory()
            #expect(!left.networks.contains("net-drift") && !left.forwards.contains { $0.publicPort == 30_901 })
        }

        // What a fabric on another's device would do: nothing.
        @Test func aForeignDeviceIsLeftAlone() async throws {
            let host = try LiveFabricHost("foreign")
            defer { host.sweep() }
            let port = try Self.port()
            try await host.call(host.tools.ip, ["link", "add", port.device, "type", "veth", "peer", "name", "drift-peer"])
            await #expect(throws: CloudError(.nameTaken, ["name": port.device, "proposal": ""], detail: "the device is not \(port.id)'s")) {
                try await host.fabric.ensure(port, Self.command("foreign"))
            }
            try await host.fabric.remove(port, Self.command("foreign remove"))
            #expect(FileManager.default.fileExists(atPath: "/sys/class/net/\(port.device)"))
            try await host.call(host.tools.ip, ["link", "del", port.device])
        }
    }
}
