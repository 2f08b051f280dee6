// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import NetFabric

extension LinuxFabric: FabricInventory {
    /// As ``FabricInventory/inventory()``. Flows whose owner is no longer known are listed by their mark, as `cookie 0x…`.
    public func inventory() async throws -> FabricContents {
        try await translated {
            let links = try files.list("/sys/class/net")
            let ports = try await switched(Self.portKey)
            let networks = try await networkIDs(links)
            var macs: [MACAddress] = []
            var forwards: [FabricForward] = []
            for network in networks.compactMap({ ID<NetworkKind>($0) }) {
                macs += try entries(places(of: network).dhcpHosts).values.compactMap { NameService.mac(ofEntry: $0) }
                forwards += try await self.forwards(of: network)
            }
            let (onSwitch, taps) = (Set(ports.map(\.device)), Set(links.filter(isTap)))
            return FabricContents(
                devices: onSwitch.union(taps).sorted(), broken: onSwitch.symmetricDifference(taps).sorted(), networks: networks.sorted(),
                dhcpHosts: macs.sorted(), forwards: forwards.inOrder, filtered: try await filtered(ports, networks))
        }
    }

    private func isTap(_ link: String) -> Bool { link.hasPrefix("lyc") && files.exists("/sys/class/net/\(link)/tun_flags") }

    /// Every network of which any part is there: namespace, switch port, uplink, table, files.
    private func networkIDs(_ links: [String]) async throws -> Set<String> {
        var found = try await switched(Self.networkKey).map(\.owner)
        found += try files.list("/run/netns").compactMap { NetworkNames.network(ofNamespace: $0)?.text }
        found += try links.filter { $0.hasPrefix("lyh") }.compactMap { try files.read("/sys/class/net/\($0)/ifalias") }
            .map { String($0.trimmed) }
        let tables = try await call(tools.nft, ["-j", "list", "tables"])
        for table in JSONValue(tables)?["nftables"]?.items ?? [] {
            if case .string(let name)? = table["table"]?["name"], let network = NetworkNames.network(ofTable: name) {
                found.append(network.text)
            }
        }
        found += try files.list(settings.runtime).filter { ID<NetworkKind>($0) != nil }
        return Set(found)
    }

    /// The forwarded ports that are in the gateway's rules; whether the host leads them there too is what ``isIntact(_:)`` compares.
    private func forwards(of network: ID<NetworkKind>) async throws -> [FabricForward] {
        let names = NetworkNames(network)
        let list = ["--net=/run/netns/\(names.namespace)", "--", tools.nft, "-j", "list", "map", "ip", NetworkNames.ownTable, "targets"]
        guard files.exists("/run/netns/\(names.namespace)"), let text = try await ask(tools.nsenter, list) else { return [] }
        return JSONValue(text)?["nftables"]?.items.flatMap { $0["map"]?["elem"]?.items ?? [] }.compactMap(Self.forward) ?? []
    }

    /// `[{"concat": ["tcp", 30022]}, {"concat": ["10.7.0.5", 22]}]`
    static func forward(_ element: JSONValue) -> FabricForward? {
        guard element.items.count == 2 else { return nil }
        let (key, value) = (element.items[0]["concat"]?.items ?? [], element.items[1]["concat"]?.items ?? [])
        guard key.count == 2, value.count == 2, case .string(let name) = key[0], let transport = Transport(rawValue: name),
            case .number(let open) = key[1], let publicPort = UInt16(exactly: open), case .string(let text) = value[0],
            let target = IPv4Address(text), case .number(let port) = value[1], let targetPort = UInt16(exactly: port)
        else { return nil }
        return FabricForward(transport: transport, publicPort: publicPort, target: target, targetPort: targetPort)
    }

    private func filtered(_ ports: [(device: String, owner: String)], _ networks: Set<String>) async throws -> [String] {
        var owners = Dictionary(ports.map { (SwitchFlow.cookie(of: $0.owner), $0.device) }, uniquingKeysWith: { first, _ in first })
        for network in networks { owners[SwitchFlow.cookie(of: network)] = "" }
        owners[SwitchFlow.base] = ""
        let marks = Set(try await flows(cookie: nil).map(\.cookie))
        return marks.map { owners[$0] ?? "cookie 0x\(String($0, radix: 16))" }.filter { !$0.isEmpty }.sorted()
    }
}
