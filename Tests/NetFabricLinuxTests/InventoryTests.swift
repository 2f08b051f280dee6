// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric
import Synchronization
import Testing

@testable import NetFabricLinux

/// One look at the whole host compares each port with what is due of it, from dumps of the whole host.
@Suite struct InventoryTests {
    static func ports(_ count: Int) throws -> [FabricPort] {
        try (0..<count).map { number in
            let id: ID<PortKind> = try #require(ID("port-\(100 + number)x"))
            return FabricPort(
                id: id, network: try #require(ID("net-x")), vlan: 7, mac: MACAddress(of: id),
                ipv4: IPv4Address(number: 0x0A09_0110 + UInt32(number)), ipv6: nil, label: try DNSLabel("lab-\(number)"))
        }
    }

    @Test func whereAllIsAsItIsDueEveryPortIsWhole() async throws {
        let ports = try Self.ports(3)
        let seen = try await DumpedHost(ports).fabric().inventory(against: ports)
        #expect(seen.devices == ports.map(\.device) && seen.filtered == seen.devices && seen.broken.isEmpty)
        #expect(seen.whole == Set(seen.devices))
    }

    @Test func whatDriftsOfOnePortIsToldOfThatPort() async throws {
        let ports = try Self.ports(3)
        let (port, flows) = (ports[1], ports[1].flows(number: 2001))
        let broken: [(String, @Sendable (inout DumpedHost.World) -> Void)] = [
            ("another VLAN", { $0.rows[1].tag = "9" }), ("no VLAN", { $0.rows[1].tag = "[\"set\",[]]" }),
            ("another's", { $0.rows[1].owner = "port-101y" }), ("another bridge", { $0.rows[1].bridge = "br-int" }),
            ("link down", { $0.flags[1] = "0x1002" }), ("another's device", { $0.aliases[1] = "port-101y" }),
            ("no ingress chain", { $0.chains.removeAll { $0.device == port.device } }),
            ("an ingress chain that lets through", { $0.chains[1].policy = "accept" }),
            ("a rule more in the ingress chain", { $0.chains[1].hasRule = true }),
        ]
        for (name, drift) in broken {
            let seen = try await DumpedHost(ports, drift).fabric().inventory(against: ports)
            #expect(seen.broken == [port.device], "\(name)")
            #expect(seen.whole == [ports[0].device, ports[2].device], "\(name)")
        }
        let unfiltered: [(String, @Sendable (inout DumpedHost.World) -> Void)] = [
            ("another number", { $0.rows[1].number = "2009" }), ("no number", { $0.rows[1].number = "-1" }),
            ("one flow less", { world in world.flows.removeAll { $0 == flows[3] } }),
            ("one flow more", { $0.flows.append(SwitchFlow(cookie: port.cookie, table: 10, priority: 999, ["ip"], "NORMAL")) }),
            ("no flows", { world in world.flows.removeAll { $0.cookie == port.cookie } }),
        ]
        for (name, drift) in unfiltered {
            let seen = try await DumpedHost(ports, drift).fabric().inventory(against: ports)
            #expect(seen.broken.isEmpty && seen.devices == ports.map(\.device), "\(name)")
            #expect(!seen.filtered.contains(port.device) && seen.whole == [ports[0].device, ports[2].device], "\(name)")
        }
    }

    @Test func withoutTheBridgesOwnFlowsNoPortIsFiltered() async throws {
        let ports = try Self.ports(2)
        let host = try DumpedHost(ports) { world in world.flows.removeAll { $0.cookie == SwitchFlow.base && $0.table == 20 } }
        #expect(try await host.fabric().inventory(against: ports).whole.isEmpty)
    }

    @Test func whatIsNotAskedForIsComparedWithNothing() async throws {
        let ports = try Self.ports(2)
        let host = try DumpedHost(ports) { world in
            world.flags[0] = "0x1002"
            world.rows[0].tag = "9"
            world.chains = []
        }
        #expect(try await host.fabric().inventory().whole == Set(ports.map(\.device)))
    }

    @Test func aPortCostsNoProgramOfItsOwn() async throws {
        var counts: [Int] = []
        for count in [1, 40] {
            let ports = try Self.ports(count)
            let host = try DumpedHost(ports)
            let seen = try await host.fabric().inventory(against: ports)
            #expect(seen.whole.count == count)
            counts.append(host.programs.withLock(\.self))
        }
        #expect(counts == [4, 4], "switch, flows, tables, ingress rules")
    }
}

/// A host of which every program's answer is written down, as Open vSwitch 3.1 and nft 1.0.6 print it.
final class DumpedHost: ToolRunner {
    struct World {
        var rows: [(device: String, tag: String, owner: String, number: String, bridge: String)] = []
        var flows = SwitchFlow.baseFlows
        var chains: [(device: String, policy: String, hasRule: Bool)] = []
        var flags: [String] = []
        var aliases: [String] = []
    }
    let programs = Mutex(0)
    private let stub: StubHost
    private let world: World

    init(_ ports: [FabricPort], _ drift: (inout World) -> Void = { _ in }) throws {
        var world = World()
        for (index, port) in ports.enumerated() {
            world.rows.append((port.device, "\(port.vlan)", port.id.text, "\(2000 + index)", "lybr0"))
            world.flows += port.flows(number: 2000 + index)
            world.chains.append((port.device, "drop", false))
            world.flags.append("0x1003")
            world.aliases.append(port.id.text)
        }
        drift(&world)
        (self.world, stub) = (world, try StubHost())
        for (index, port) in ports.enumerated() {
            try stub.write("/sys/class/net/\(port.device)/tun_flags", "0x1002\n")
            try stub.write("/sys/class/net/\(port.device)/flags", world.flags[index] + "\n")
            try stub.write("/sys/class/net/\(port.device)/ifalias", world.aliases[index] + "\n")
        }
    }

    func fabric() throws -> LinuxFabric {
        var settings = LinuxFabric.Settings()
        settings.root = stub.root
        return try LinuxFabric(settings, runner: self)
    }

    func run(_ call: ToolCall) async throws -> String {
        programs.withLock { $0 += 1 }
        switch call.name {
        case "ovs-vsctl": return ports + "\n" + interfaces + "\n" + bridges + "\n"
        case "ovs-ofctl": return world.flows.map { " " + $0.line.dropFirst(4).replacing(",actions", with: " actions") + "\n" }.joined()
        case "nft" where call.arguments == ["-j", "list", "table", "netdev", "lyceum"]: return chains
        default: return "{\"nftables\": []}"
        }
    }

    private var ports: String {
        let rows = world.rows.enumerated().map { index, row in
            "[[\"uuid\",\"\(index)\"],\"\(row.device)\",\(row.tag),[\"map\",[[\"lyceum-port\",\"\(row.owner)\"]]]]"
        }
        return "{\"data\":[\(rows.joined(separator: ","))],\"headings\":[\"_uuid\",\"name\",\"tag\",\"external_ids\"]}"
    }
    private var interfaces: String {
        let rows = world.rows.map { "[\"\($0.device)\",\($0.number)]" }
        return "{\"data\":[\(rows.joined(separator: ","))],\"headings\":[\"name\",\"ofport\"]}"
    }
    private var bridges: String {
        let rows = ["lybr0", "br-int"].map { bridge in
            let ports = world.rows.indices.filter { world.rows[$0].bridge == bridge }.map { "[\"uuid\",\"\($0)\"]" }
            // Open vSwitch writes a set of one without saying that it is a set.
            return "[\"\(bridge)\",\(ports.count == 1 ? ports[0] : "[\"set\",[\(ports.joined(separator: ","))]]")]"
        }
        return "{\"data\":[\(rows.joined(separator: ","))],\"headings\":[\"name\",\"ports\"]}"
    }
    private var chains: String {
        let items = world.chains.flatMap { chain in
            let base = """
                {"chain": {"family": "netdev", "table": "lyceum", "name": "\(chain.device)", "handle": 1, "type": "filter", "hook": "ingress", \
                "prio": -500, "policy": "\(chain.policy)"}}
                """
            let rule = """
                {"rule": {"family": "netdev", "table": "lyceum", "chain": "\(chain.device)", "handle": 2, "expr": [{"accept": null}]}}
                """
            return chain.hasRule ? [base, rule] : [base]
        }
        return "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}}, \(items.joined(separator: ", "))]}"
    }
}
