// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import NetFabric
import NetFabricLinux
import Testing

/// The real fabric on a real Open vSwitch, inside `Scripts/private-host`. One suite of suites, so that they run one after another:
/// some of them break the bridge on purpose.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["LYCEUM_LIVE"] == "1", "needs LYCEUM_LIVE=1 in a private host"))
enum LiveFabricTests {}

extension LiveFabricTests {
    @Suite struct LiveFabricContractTests {
        @Test(arguments: [false, true])
        func keepsTheContract(throughJSON: Bool) async throws {
            let host = try LiveFabricHost("contract\(throughJSON)")
            defer { host.sweep() }
            for (number, check) in NetFabricContract.all.enumerated() {
                let fabric: any FabricAbilities = throughJSON ? LoopbackFabric(host.fabric) : host.fabric
                let contract = NetFabricContract(fabric, salt: "\(throughJSON ? "j" : "d")\(number)x", vlan: 3001)
                do { try await contract.run(check) } catch { Issue.record("\(check.rule): \(error)") }
            }
        }
    }
}

/// A fabric with directories of its own, for one test.
struct LiveFabricHost {
    static let busybox = "/usr/bin/busybox"
    static let bridge = "lylive0"
    let directory: String
    let fabric: LinuxFabric
    let tools = FabricTools()
    let runner = SubprocessTools()

    init(_ name: String) throws {
        directory = "/run/lyceum-live/\(name)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        fabric = try LinuxFabric(Self.settings(directory))
    }

    static func settings(_ directory: String) -> LinuxFabric.Settings {
        var settings = LinuxFabric.Settings(state: directory + "/state", runtime: directory + "/run")
        // A bridge that only these tests use: some of them take all its flows away.
        settings.bridge = Self.bridge
        return settings
    }

    /// Changes one part of a port behind the fabric's back.
    func bring(_ drift: NetFabricContract.PortDrift, to port: FabricPort) async throws {
        switch drift {
        case .flow:
            // The rule by which no guest plays DHCP server.
            let match = "cookie=0x\(String(port.cookie, radix: 16))/-1,table=10,udp,tp_src=67"
            try await call(tools.ofctl, ["-O", "OpenFlow14", "del-flows", Self.bridge, match])
        case .vlan: try await call(tools.vsctl, ["set", "port", port.device, "tag=9"])
        case .link: try await call(tools.ip, ["link", "set", port.device, "down"])
        case .ingress: try await call(tools.nft, ["delete", "chain", "netdev", "lyceum", port.device])
        }
    }

    /// The same host seen by a manager that was started anew.
    func reborn() throws -> LinuxFabric { try LinuxFabric(Self.settings(directory)) }

    func sweep() {
        do { try FileManager.default.removeItem(atPath: directory) } catch { Issue.record(error) }
    }

    @discardableResult
    func call(_ tool: String, _ arguments: [String], input: String? = nil) async throws -> String {
        try await runner.run(ToolCall(tool, arguments, input: input))
    }
}
