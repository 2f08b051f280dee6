// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Foundation
import Glibc
import NetFabric
import NetFabricLinux
import Testing

/// A cloud whose machines are simulated and whose network is real: what somebody breaks behind its back is whole again within ten seconds.
extension LiveFabricTests {
    @Suite struct LiveRepairTests {
        @Test func flowsRulesAndNamesAreWholeAgainWithinTenSeconds() async throws {
            let host = try LiveFabricHost("repair")
            defer { host.sweep() }
            let clock = LiveClock()
            let simulated = SimulatedHost(clock: clock, bootTime: .zero)
            let parts = HostParts(guests: simulated.guests, fabric: host.fabric, disks: simulated.disks, probe: simulated.parts.probe)
            let sources = SeededSources(seed: 11)
            let world = World(
                store: try SQLiteMemoryStore(), hosts: HostDirectory([SimulatedSite.host: parts]), clock: clock, ids: sources,
                passwords: sources, sealer: SimulatedSealer())
            let cloud = Cloud(world: world, clock: ContinuousClock())
            try await cloud.prepare(try SimulatedSite.setup())
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await cloud.serve() }
                defer { tasks.cancelAll() }
                try await launchAndBreak(cloud, host)
            }
        }

        private func launchAndBreak(_ cloud: Cloud, _ host: LiveFabricHost) async throws {
            let admin = try await cloud.principal(login: "admin")
            let upload = try await cloud.receiveUpload(WholeBytes([UInt8](repeating: 0, count: 1 << 20)), limit: .mebibytes(16), by: admin)
            let ids = cloud.world.ids
            let (image, template) = (ids.next(ImageKind.self), ids.next(TemplateKind.self))
            try await cloud.complete(
                ImportImage(by: admin, image: image, name: DisplayName("tiny"), upload: upload.id, format: .raw, host: SimulatedSite.host))
            var recipe = CreateTemplate.Recipe(
                image: image, cpus: CPUCount(1), memory: .mebibytes(128), network: SimulatedSite.network,
                leasePolicy: SimulatedSite.leasePolicy)
            (recipe.readiness, recipe.agent) = (.running, .none)
            try await cloud.complete(CreateTemplate(by: admin, template: template, name: DisplayName("Tiny"), recipe: recipe))
            let batch = try cloud.request(template: template, name: "lab-%02d", count: 2, start: false, by: admin)
            try await cloud.complete(batch)
            for member in batch.members { try await cloud.complete(StartInstance(by: admin, instance: member.id)) }
            try await cloud.complete(
                OpenForwardedPort(by: admin, instance: batch.members[0].id, id: ids.next(ForwardedPortKind.self), targetPort: 22))
            let ports = try await cloud.world.store.read { view in
                let network = try view.networks.get(SimulatedSite.network)
                return try view.ports.all().map { port in
                    FabricPort(
                        id: port.id, network: port.network, vlan: network.vlan, mac: port.mac, ipv4: port.ipv4, ipv6: port.ipv6,
                        label: port.label)
                }
            }
            #expect(ports.count == 2)
            try await expectWhole(host, ports, "at first")
            let tools = host.tools
            let dnsmasq = "\(host.directory)/run/\(SimulatedSite.network)/dnsmasq.pid"
            var drifts: [(String, () async throws -> Void)] = [
                (
                    "all flows",
                    { _ = try await host.runner.run(ToolCall(tools.ofctl, ["-O", "OpenFlow14", "del-flows", LiveFabricHost.bridge])) }
                ),
                ("all rules", { _ = try await host.runner.run(ToolCall(tools.nft, ["flush", "ruleset"])) }),
                (
                    "dnsmasq",
                    {
                        let text = try String(contentsOfFile: dnsmasq, encoding: .utf8)
                        let process = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
                        #expect(kill(process, SIGKILL) == 0)
                    }
                ),
                (
                    "all ingress rules",
                    { _ = try await host.runner.run(ToolCall(tools.nft, ["delete", "table", "netdev", "lyceum"])) }
                ),
                ("a tap", { _ = try await host.runner.run(ToolCall(tools.ip, ["link", "del", ports[0].device])) }),
            ]
            for drift in NetFabricContract.PortDrift.allCases {
                drifts.append(("the \(drift) of one port", { try await host.bring(drift, to: ports[1]) }))
            }
            for (name, drift) in drifts {
                try await drift()
                let began = ContinuousClock.now
                try await expectWhole(host, ports, name)
                let took = ContinuousClock.now - began
                #expect(took < .seconds(10), "\(name) took \(took)")
            }
        }

        /// Waits until every part is as it should be, at most half a minute.
        private func expectWhole(_ host: LiveFabricHost, _ ports: [FabricPort], _ what: String) async throws {
            for _ in 0..<150 {
                if try await isWhole(host, ports) { return }
                try await Task.sleep(for: .milliseconds(200))
            }
            Issue.record("not whole after \(what)")
        }

        private func isWhole(_ host: LiveFabricHost, _ ports: [FabricPort]) async throws -> Bool {
            guard case .present(let applied) = try await host.fabric.observe(SimulatedSite.network), applied.intact else { return false }
            for port in ports where try await host.fabric.observe(port) == .absent { return false }
            return true
        }
    }
}

/// The wall clock of this machine.
private struct LiveClock: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
