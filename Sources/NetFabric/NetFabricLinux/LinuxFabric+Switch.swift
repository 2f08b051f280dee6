// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials
import NetFabric

// Calls of Open vSwitch. The bridge is fail-secure from its first moment: an empty table drops everything.

extension LinuxFabric {
    func vsctl(_ arguments: [String]) -> [String] { ["--timeout=15"] + arguments }
    private func ofctl(_ arguments: [String]) -> [String] { ["--timeout=15", "-O", "OpenFlow14"] + arguments }

    /// Makes sure that bridge and port are there, in one transaction of the database.
    func ensureSwitched(_ device: String, vlan: Int, owner: String, interface: [String]) async throws {
        let bridge = settings.bridge
        var arguments = ["--may-exist", "add-br", bridge]
        arguments += ["--", "set", "bridge", bridge, "datapath_type=netdev", "fail_mode=secure"]
        // The bridge's own device is nobody's: it stands in a VLAN that no network can have.
        arguments += ["--", "set", "port", bridge, "tag=4095"]
        arguments += ["--", "--may-exist", "add-port", bridge, device]
        arguments += ["--", "set", "port", device, "tag=\(vlan)", "external_ids:\(owner)"]
        arguments += ["--", "set", "interface", device] + interface
        try await call(tools.vsctl, vsctl(arguments))
    }

    /// The number by which flows know a device; throws where the switch could not open it.
    func switchNumber(_ device: String) async throws -> Int {
        guard let number = try await knownSwitchNumber(device) else {
            throw CloudError(.internalFault, ["part": "ovs-vswitchd"], detail: "\(device) has no number on \(settings.bridge)")
        }
        return number
    }

    func knownSwitchNumber(_ device: String) async throws -> Int? {
        let text = try await ask(tools.vsctl, vsctl(["--if-exists", "get", "interface", device, "ofport"]))
        return text.flatMap { Int($0.trimmed) }.flatMap { $0 > 0 ? $0 : nil }
    }

    func isSwitched(_ device: String, vlan: Int, key: String, owner: String) async throws -> Bool {
        let get = ["--if-exists", "get", "port", device, "tag", "external_ids:\(key)"]
        let text = try await ask(tools.vsctl, vsctl(get + ["--", "port-to-br", device])) ?? ""
        let values = text.split(separator: "\n").map { $0.filter { $0 != "\"" } }
        return values == ["\(vlan)", owner, settings.bridge]
    }

    /// Replaces all flows under a mark in one bundle; those of the bridge itself come with it, for they are lost when the switch
    /// restarts.
    func replaceFlows(cookie: UInt64, number: Int, with flows: [SwitchFlow]) async throws {
        let text = SwitchFlow.replacement(cookie: cookie, number: number, with: flows)
        try await call(tools.ofctl, ofctl(["--bundle", "add-flows", settings.bridge, "-"]), input: text)
    }

    func removeFlows(cookie: UInt64) async throws {
        let arguments = ofctl(["del-flows", settings.bridge, "cookie=0x\(String(cookie, radix: 16))/-1"])
        do { try await call(tools.ofctl, arguments) } catch let failure as ToolFailure where failure.message.contains("is not a bridge") {
            return
        }
    }

    /// The flows under a mark, or all; none where there is no bridge.
    func flows(cookie: UInt64?) async throws -> Set<SwitchFlow> {
        let match = cookie.map { ["cookie=0x\(String($0, radix: 16))/-1"] } ?? []
        let text = try await ask(tools.ofctl, ofctl(["--no-stats", "--no-names", "dump-flows", settings.bridge] + match)) ?? ""
        return Set(text.split(separator: "\n").compactMap { SwitchFlow($0) })
    }

    /// The ids that ports of the switch bear under a key, with their devices.
    func switched(_ key: String) async throws -> [(device: String, owner: String)] {
        let text = try await call(tools.vsctl, vsctl(["--format=json", "--columns=name,external_ids", "list", "port"]))
        guard let table = JSONValue(text), case .array(let rows)? = table["data"] else { return [] }
        return rows.compactMap { row in
            guard case .array(let cells) = row, cells.count == 2, case .string(let device) = cells[0], case .array(let map) = cells[1],
                map.count == 2, case .array(let pairs) = map[1]
            else { return nil }
            for case .array(let pair) in pairs where pair.first == .string(key) {
                if case .string(let owner)? = pair.last { return (device, owner) }
            }
            return nil
        }
    }
}
