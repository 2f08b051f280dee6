// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import NetFabric

extension LinuxFabric: FabricInventory {
    /// As ``FabricInventory/inventory(against:)``. Flows whose owner is no longer known are listed by their mark, as `cookie 0x…`. Ports cost
    /// no program of their own, however many are compared.
    public func inventory(against due: [FabricPort]) async throws -> FabricContents {
        try await translated {
            let links = try files.list("/sys/class/net")
            let switched = try await switchPorts()
            let ports = switched.filter { $0.owners[Self.portKey] != nil }
            let networks = try await networkIDs(links, switched)
            var macs: [MACAddress] = []
            var forwards: [FabricForward] = []
            for network in networks.compactMap({ ID<NetworkKind>($0) }) {
                macs += try entries(places(of: network).dhcpHosts).values.compactMap { NameService.mac(ofEntry: $0) }
                forwards += try await self.forwards(of: network)
            }
            let (onSwitch, taps) = (Set(ports.map(\.device)), Set(links.filter(isTap)))
            let devices = onSwitch.union(taps)
            let broken = onSwitch.symmetricDifference(taps).union(try await brokenDevices(due, ports).intersection(devices))
            let flows = try await flows(cookie: nil)
            let filtered = Set(filtered(ports, networks, flows)).subtracting(misfilteredDevices(due, ports, flows))
            return FabricContents(
                devices: devices.sorted(), broken: broken.sorted(), networks: networks.sorted(), dhcpHosts: macs.sorted(),
                forwards: forwards.inOrder, filtered: filtered.sorted())
        }
    }

    /// The devices whose parts but for the flows are not as they are due; what ``isMade(_:)`` wants of one port, of all at once.
    private func brokenDevices(_ due: [FabricPort], _ ports: [SwitchPort]) async throws -> Set<String> {
        guard !due.isEmpty else { return [] }
        let muted = try await mutedDevices(["table", "netdev", NetworkNames.ownTable])
        let rows = Dictionary(ports.map { ($0.device, $0) }, uniquingKeysWith: { first, _ in first })
        let sound = try due.filter { port in
            guard let row = rows[port.device], row.isOnBridge, row.tag == port.vlan, row.owners[Self.portKey] == port.id.text,
                muted.contains(port.device)
            else { return false }
            return try isUp(port)
        }
        return Set(due.map(\.device)).subtracting(sound.map(\.device))
    }

    /// The devices whose flows are not exactly those that are due; all, where those of the bridge itself are not.
    private func misfilteredDevices(_ due: [FabricPort], _ ports: [SwitchPort], _ flows: Set<SwitchFlow>) -> Set<String> {
        let numbers = Dictionary(ports.map { ($0.device, $0.number) }, uniquingKeysWith: { first, _ in first })
        let byOwner = Dictionary(grouping: flows, by: \.cookie).mapValues { Set($0) }
        guard byOwner[SwitchFlow.base] == Set(SwitchFlow.baseFlows) else { return Set(due.map(\.device)) }
        let wrong = due.filter { port in
            guard let number = numbers[port.device] ?? nil else { return true }
            return byOwner[port.cookie] != Set(port.flows(number: number))
        }
        return Set(wrong.map(\.device))
    }

    private func isTap(_ link: String) -> Bool { link.hasPrefix("lyc") && files.exists("/sys/class/net/\(link)/tun_flags") }

    /// Every network of which any part is there: namespace, switch port, uplink, table, files.
    private func networkIDs(_ links: [String], _ switched: [SwitchPort]) async throws -> Set<String> {
        var found = switched.compactMap { $0.owners[Self.networkKey] }
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

    private func filtered(_ ports: [SwitchPort], _ networks: Set<String>, _ flows: Set<SwitchFlow>) -> [String] {
        let marked = ports.map { (SwitchFlow.cookie(of: $0.owners[Self.portKey] ?? ""), $0.device) }
        var owners = Dictionary(marked, uniquingKeysWith: { first, _ in first })
        for network in networks { owners[SwitchFlow.cookie(of: network)] = "" }
        owners[SwitchFlow.base] = ""
        return Set(flows.map(\.cookie)).map { owners[$0] ?? "cookie 0x\(String($0, radix: 16))" }.filter { !$0.isEmpty }
    }
}
