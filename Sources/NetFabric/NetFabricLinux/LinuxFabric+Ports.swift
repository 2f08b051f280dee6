// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric

// A port's parts and their order. Up: tap (down) ─▶ ingress drop ─▶ switch port ─▶ flows ─▶ link up. Down: link ─▶ switch port ─▶
// tap and ingress drop ─▶ flows. At every border in between the guest is either filtered or not connected (invariant I5).

extension LinuxFabric {
    static let portKey = "lyceum-port"
    static let networkKey = "lyceum-network"

    func make(_ port: FabricPort) async throws {
        try ensureOurs(port)
        if !files.exists("/sys/class/net/\(port.device)") {
            // Where the switch still knows a tap that is gone, it opens the new one only as a new port.
            try await call(tools.vsctl, vsctl(["--if-exists", "del-port", settings.bridge, port.device]))
            try await ip(["tuntap add dev \(port.device) mode tap", "link set dev \(port.device) alias \(port.id)"])
        }
        try files.set("/proc/sys/net/ipv6/conf/\(port.device)/disable_ipv6", "1")
        try await call(tools.nft, ["-f", "-"], input: RuleText.ingress(device: port.device))
        try await ensureSwitched(
            port.device, vlan: port.vlan, owner: "\(Self.portKey)=\(port.id)", interface: ["ofport_request=\(port.requestedNumber)"])
        let number = try await switchNumber(port.device)
        try await replaceFlows(cookie: port.cookie, number: number, with: port.flows(number: number))
        try await ip(["link set dev \(port.device) up"])
    }

    func unmake(_ port: FabricPort) async throws {
        guard try isOursOrFree(port) else { return }
        let exists = files.exists("/sys/class/net/\(port.device)")
        if exists { try await ip(["link set dev \(port.device) down"]) }
        try await call(tools.vsctl, vsctl(["--if-exists", "del-port", settings.bridge, port.device]))
        if exists { try await ip(["link del dev \(port.device)"]) }
        // The kernel takes the chain away with its device; where it does not, we do.
        _ = try await ask(tools.nft, ["delete", "chain", "netdev", NetworkNames.ownTable, port.device])
        try await removeFlows(cookie: port.cookie)
    }

    func isMade(_ port: FabricPort) async throws -> Bool {
        guard try isUp(port), try await isSwitched(port.device, vlan: port.vlan, key: Self.portKey, owner: port.id.text),
            let number = try await knownSwitchNumber(port.device),
            try await flows(cookie: port.cookie) == Set(port.flows(number: number)),
            try await flows(cookie: SwitchFlow.base) == Set(SwitchFlow.baseFlows)
        else { return false }
        return try await mutedDevices(["chain", "netdev", NetworkNames.ownTable, port.device]).contains(port.device)
    }

    /// Whether the port's device is there under its owner's name, and its link is up.
    func isUp(_ port: FabricPort) throws -> Bool {
        let device = "/sys/class/net/\(port.device)"
        guard let alias = try files.read("\(device)/ifalias"), alias.trimmed == port.id.text, let flags = try files.read("\(device)/flags"),
            let bits = UInt32(flags.trimmed.dropFirst(2), radix: 16)
        else { return false }
        return bits & 1 == 1
    }

    /// The devices of which the host's own network stack hears nothing, of what nft lists: those whose chain drops by its policy and has no
    /// rule that could do otherwise.
    func mutedDevices(_ list: [String]) async throws -> Set<String> {
        guard let text = try await ask(tools.nft, ["-j", "list"] + list) else { return [] }
        return Self.mutedDevices(JSONValue(text)?["nftables"]?.items ?? [])
    }

    static func mutedDevices(_ items: [JSONValue]) -> Set<String> {
        func names(_ objects: [JSONValue], _ key: String) -> Set<String> {
            Set(objects.compactMap { if case .string(let name)? = $0[key] { name } else { nil } })
        }
        let chains = items.compactMap { $0["chain"] }.filter { $0["hook"] == .string("ingress") && $0["policy"] == .string("drop") }
        return names(chains, "name").subtracting(names(items.compactMap { $0["rule"] }, "chain"))
    }

    /// Two ids may share the twelve characters that a device is named by, and a device may be another program's.
    private func ensureOurs(_ port: FabricPort) throws {
        guard try isOursOrFree(port) else {
            throw CloudError(.nameTaken, ["name": port.device, "proposal": ""], detail: "the device is not \(port.id)'s")
        }
    }

    private func isOursOrFree(_ port: FabricPort) throws -> Bool {
        let device = "/sys/class/net/\(port.device)"
        guard files.exists(device) else { return true }
        // A tap without an alias is one that was cut off between its making and its naming.
        guard files.exists("\(device)/tun_flags"), let alias = try files.read("\(device)/ifalias") else { return false }
        return alias.trimmed.isEmpty || alias.trimmed == port.id.text
    }
}

extension String {
    /// Without spaces and line ends on either side.
    var trimmed: Substring {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.drop { $0.isWhitespace }
    }
}
