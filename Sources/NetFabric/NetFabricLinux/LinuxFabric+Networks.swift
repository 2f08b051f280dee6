// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric

// A network's parts: a namespace; the gateway's device, an internal port of the switch moved there; an uplink (veth) to the host's
// own namespace; rules on both sides, loaded before there is an address; dnsmasq. Each part is made whole or not at all.

extension LinuxFabric {
    func places(of network: ID<NetworkKind>) -> NameService.Places {
        NameService.Places(directory: "\(settings.runtime)/\(network)", user: settings.user, group: settings.group)
    }

    func serve(_ picture: NetworkPicture) async throws {
        let (network, names) = (picture.network, NetworkNames(picture.network.id))
        try files.makeDirectory(places(of: network.id).directory)
        if !files.exists("/run/netns/\(names.namespace)") { try await call(tools.ip, ["netns", "add", names.namespace]) }
        let number = try await ensureGatewayDevice(network, names)
        try await ensureUplink(network, names)
        try await loadRules(picture, names)
        try await giveAddresses(network, names)
        try await replaceFlows(cookie: network.cookie, number: number, with: network.flows(number: number))
        try await serveNames(picture)
    }

    /// The short way from one picture to the next where only ports and forwards differ: sets and files. False where it does not
    /// lead there; then everything is made. It looks at the parts that a restart takes away; other drift stays to be observed, and
    /// the same picture again makes everything.
    func amend(_ old: NetworkPicture, to new: NetworkPicture) async throws -> Bool {
        let names = NetworkNames(new.network.id)
        guard old.network == new.network, files.exists("/run/netns/\(names.namespace)"), files.exists("/sys/class/net/\(names.hostEnd)"),
            !files.exists("/sys/class/net/\(names.gateway)")
        else { return false }
        let inside = ["--net=/run/netns/\(names.namespace)", "--", tools.nft, "-f", "-"]
        guard try await ask(tools.nsenter, inside, input: RuleText.gatewayElements(new)) != nil else { return false }
        if old.forwards != new.forwards {
            guard try await ask(tools.nft, ["-f", "-"], input: RuleText.hostElements(new)) != nil else { return false }
        }
        try await serveNames(new)
        return true
    }

    func unserve(_ network: ID<NetworkKind>) async throws {
        let names = NetworkNames(network)
        try await stopNameService(network)
        try await call(tools.nft, ["-f", "-"], input: RuleText.removal("ip", names.table))
        if files.exists("/sys/class/net/\(names.hostEnd)") { try await ip(["link del dev \(names.hostEnd)"]) }
        try await call(tools.vsctl, vsctl(["--if-exists", "del-port", settings.bridge, names.gateway]))
        if files.exists("/run/netns/\(names.namespace)") { try await call(tools.ip, ["netns", "del", names.namespace]) }
        try await removeFlows(cookie: SwitchFlow.cookie(of: network.text))
        try files.removeTree(places(of: network).directory)
    }

    private func ensureGatewayDevice(_ network: FabricNetwork, _ names: NetworkNames) async throws -> Int {
        if try await !hasGateway(network), !files.exists("/sys/class/net/\(names.gateway)") {
            // Known to the switch but lost with its namespace: it is opened again only as a new port.
            try await call(tools.vsctl, vsctl(["--if-exists", "del-port", settings.bridge, names.gateway]))
        }
        try await ensureSwitched(
            names.gateway, vlan: network.vlan, owner: "\(Self.networkKey)=\(network.id)", interface: ["type=internal"])
        if files.exists("/sys/class/net/\(names.gateway)") {
            // The switch was started anew and made the device anew; the one that it left in the namespace leads nowhere.
            _ = try await ask(tools.ip, ["-n", names.namespace, "link", "del", "dev", names.gateway])
            try await ip(["link set dev \(names.gateway) netns \(names.namespace)"])
        }
        return try await switchNumber(names.gateway)
    }

    /// A namespace that is taken away takes its devices with it only a while later, so the uplink counts by its inner end.
    private func ensureUplink(_ network: FabricNetwork, _ names: NetworkNames) async throws {
        guard try await ask(tools.ip, ["-n", names.namespace, "link", "show", "dev", names.uplink]) == nil else { return }
        _ = try await ask(tools.ip, ["link", "del", "dev", names.hostEnd])
        let pair = "type veth peer name \(names.uplink) netns \(names.namespace)"
        try await ip(["link add dev \(names.hostEnd) \(pair)", "link set dev \(names.hostEnd) alias \(network.id)"])
    }

    private func loadRules(_ picture: NetworkPicture, _ names: NetworkNames) async throws {
        let (inside, outside) = (RuleText.gateway(picture), RuleText.host(picture, base: settings.transit))
        try await call(tools.nft, ["-f", "-"], input: outside)
        try await call(in: names.namespace, tools.nft, ["-f", "-"], input: inside)
        guard let rules = try await loadedRules(names) else {
            throw CloudError(.internalFault, ["part": "nft"], detail: "the rules of \(names.namespace) are gone after loading")
        }
        try files.replace(rulesPath(picture.network.id), with: structureMark(picture) + rules.structure, durably: false)
    }

    private func giveAddresses(_ network: FabricNetwork, _ names: NetworkNames) async throws {
        let transit = Transit(vlan: network.vlan, base: settings.transit)
        let prefix = network.ipv4.prefixLength
        let ours = "/proc/sys/net/ipv4/conf/\(names.hostEnd)"
        let theirs = "/proc/sys/net/ipv4/conf/\(names.gateway)"
        try files.set("/proc/sys/net/ipv6/conf/\(names.hostEnd)/disable_ipv6", "1")
        try files.set("\(ours)/route_localnet", "1")
        try files.set("/proc/sys/net/ipv4/ip_forward", "1")
        try await ip(["addr replace \(transit.host)/31 dev \(names.hostEnd)", "link set dev \(names.hostEnd) up"])
        var on = ["/proc/sys/net/ipv4/ip_forward", "\(theirs)/arp_ignore", "\(theirs)/rp_filter"]
        on.append("/proc/sys/net/ipv6/conf/\(names.uplink)/disable_ipv6")
        let six = "/proc/sys/net/ipv6/conf/\(names.gateway)"
        var off = ["\(six)/accept_ra"]
        if network.ipv6Prefix == nil { on.append("\(six)/disable_ipv6") } else { off.append("\(six)/disable_ipv6") }
        try await call(in: names.namespace, tools.tee, on, input: "1")
        try await call(in: names.namespace, tools.tee, off, input: "0")
        let gatewayIPv6 = network.ipv6(of: network.gateway).map { ["addr replace \($0)/64 dev \(names.gateway) nodad"] } ?? []
        try await ip(
            [
                "link set dev lo up", "link set dev \(names.gateway) address \(network.gatewayMAC)",
                "addr replace \(network.gateway)/\(prefix) dev \(names.gateway)",
            ] + gatewayIPv6 + [
                "link set dev \(names.gateway) up", "addr replace \(transit.gateway)/31 dev \(names.uplink)",
                "link set dev \(names.uplink) up", "route replace default via \(transit.host)",
            ], in: names.namespace)
    }
}

// MARK: Reading back

extension LinuxFabric {
    /// Whether the namespace is there with the gateway's device in it.
    func hasGateway(_ network: FabricNetwork) async throws -> Bool {
        let names = NetworkNames(network.id)
        guard files.exists("/run/netns/\(names.namespace)") else { return false }
        return try await ask(tools.ip, ["-n", names.namespace, "link", "show", "dev", names.gateway]) != nil
    }

    func isIntact(_ picture: NetworkPicture) async throws -> Bool {
        let (network, names) = (picture.network, NetworkNames(picture.network.id))
        guard try await isSwitched(names.gateway, vlan: network.vlan, key: Self.networkKey, owner: network.id.text),
            let number = try await knownSwitchNumber(names.gateway),
            try await flows(cookie: network.cookie) == Set(network.flows(number: number)),
            try await flows(cookie: SwitchFlow.base) == Set(SwitchFlow.baseFlows),
            try await hasAddresses(network, names),
            try await hasRules(picture, names)
        else { return false }
        return try await servesNames(picture)
    }

    private func hasAddresses(_ network: FabricNetwork, _ names: NetworkNames) async throws -> Bool {
        let transit = Transit(vlan: network.vlan, base: settings.transit)
        func areOn(_ paths: [String]) throws -> Bool { try paths.allSatisfy { try files.read($0)?.trimmed == "1" } }
        guard try areOn(["/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/\(names.hostEnd)/route_localnet"]),
            let inside = try await ask(tools.ip, ["-n", names.namespace, "-j", "addr", "show"]),
            let outside = try await ask(tools.ip, ["-j", "addr", "show", "dev", names.hostEnd]),
            let routes = try await ask(tools.ip, ["-n", names.namespace, "-j", "route", "show", "default"])
        else { return false }
        let gateway = Self.up(inside, names.gateway)
        let six = network.ipv6(of: network.gateway).map { gateway.contains("\($0)/64") } ?? true
        return six && gateway.contains("\(network.gateway)/\(network.ipv4.prefixLength)")
            && Self.up(inside, names.uplink).contains("\(transit.gateway)/31")
            && Self.up(outside, names.hostEnd).contains("\(transit.host)/31")
            && JSONValue(routes)?.items.first?["gateway"] == .string("\(transit.host)")
    }

    /// The addresses of a device that is up, with their prefixes; none of one that is down.
    private static func up(_ text: String, _ device: String) -> Set<String> {
        for link in JSONValue(text)?.items ?? [] where link["ifname"] == .string(device) {
            guard link["flags"]?.items.contains(.string("UP")) == true else { return [] }
            return Set(
                (link["addr_info"]?.items ?? []).compactMap { address in
                    guard case .string(let text)? = address["local"], case .number(let length)? = address["prefixlen"] else { return nil }
                    return "\(text)/\(length)"
                })
        }
        return []
    }
}
