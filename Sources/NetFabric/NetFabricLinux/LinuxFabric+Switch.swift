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

    /// Every port of the switch, by one program.
    func switchPorts() async throws -> [SwitchPort] {
        let ports = ["--columns=_uuid,name,tag,external_ids", "list", "port"]
        let interfaces = ["--", "--columns=name,ofport", "list", "interface"]
        let bridges = ["--", "--columns=name,ports", "list", "bridge"]
        let text = try await call(tools.vsctl, vsctl(["--format=json"] + ports + interfaces + bridges))
        return SwitchPort.all(text, bridge: settings.bridge)
    }
}

/// A port of the switch as its database has it.
struct SwitchPort: Hashable {
    let device: String
    /// The VLAN tag; nil for none.
    let tag: Int?
    /// The number by which flows know it; nil where the switch could not open it.
    let number: Int?
    /// Whether it is on our bridge.
    let isOnBridge: Bool
    /// The ids that it bears, by their keys.
    let owners: [String: String]

    /// Reads the tables of ports, interfaces and bridges, one a line.
    static func all(_ text: String, bridge: String) -> [SwitchPort] {
        let tables = text.split(separator: "\n").map { rows(String($0)) }
        guard tables.count == 3 else { return [] }
        var numbers: [String: Int] = [:]
        for row in tables[1] {
            if row.count == 2, case .string(let device) = row[0], case .number(let number) = row[1], number > 0 {
                numbers[device] = Int(number)
            }
        }
        let ours = Set(tables[2].filter { $0.count == 2 && $0[0] == .string(bridge) }.flatMap { members($0[1]) })
        return tables[0].compactMap { row in
            guard row.count == 4, case .string(let device) = row[1] else { return nil }
            var tag: Int?
            if case .number(let number) = row[2] { tag = Int(number) }
            var owners: [String: String] = [:]
            for pair in row[3].items.last?.items ?? [] where pair.items.count == 2 {
                if case .string(let key) = pair.items[0], case .string(let owner) = pair.items[1] { owners[key] = owner }
            }
            return SwitchPort(device: device, tag: tag, number: numbers[device], isOnBridge: ours.contains(row[0]), owners: owners)
        }
    }

    private static func rows(_ table: String) -> [[JSONValue]] { JSONValue(table)?["data"]?.items.map(\.items) ?? [] }
    /// A set's members; of one alone there is no set.
    private static func members(_ value: JSONValue) -> [JSONValue] { value.items.first == .string("set") ? value.items[1].items : [value] }
}
