// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric

// Rules are compared in two parts. Their structure (tables, chains, rules) is what the kernel said right after it was loaded, for nft
// prints it in its own words; the elements of the sets are compared with the picture itself.

/// A network's rules as the kernel has them.
struct LoadedRules {
    /// Tables, chains and rules in a form that is equal for equal ones.
    let structure: String
    /// The elements of each set and map by its name.
    let elements: [String: Set<JSONValue>]
}

extension LinuxFabric {
    /// What the kernel said of the rules' structure right after they were loaded.
    func rulesPath(_ network: ID<NetworkKind>) -> String { "\(settings.runtime)/\(network)/rules" }

    /// Says which text a structure was loaded from, whatever its elements were.
    func structureMark(_ picture: NetworkPicture) -> String {
        let bare = NetworkPicture(serial: 0, network: picture.network, ports: [], forwards: [])
        let text = RuleText.gateway(bare) + RuleText.host(bare, base: settings.transit)
        return String(SwitchFlow.cookie(of: text), radix: 16) + "\n"
    }

    /// All rules of a network; nil where a table is missing.
    func loadedRules(_ names: NetworkNames) async throws -> LoadedRules? {
        let nsenter = ["--net=/run/netns/\(names.namespace)", "--", tools.nft, "-j", "-s", "list", "ruleset"]
        guard let outside = try await ask(tools.nft, ["-j", "-s", "list", "table", "ip", names.table]),
            let inside = try await ask(tools.nsenter, nsenter), let host = JSONValue(outside), let gateway = JSONValue(inside)
        else { return nil }
        var elements: [String: Set<JSONValue>] = [:]
        for item in (host["nftables"]?.items ?? []) + (gateway["nftables"]?.items ?? []) {
            guard let set = item["set"] ?? item["map"], case .string(let name)? = set["name"] else { continue }
            elements[name] = Set(set["elem"]?.items ?? [])
        }
        return LoadedRules(structure: [host, gateway].map(\.canonical).joined(separator: "\n") + "\n", elements: elements)
    }

    func hasRules(_ picture: NetworkPicture, _ names: NetworkNames) async throws -> Bool {
        guard let kept = try files.read(rulesPath(picture.network.id)), let loaded = try await loadedRules(names) else { return false }
        return kept == structureMark(picture) + loaded.structure && loaded.elements == Self.elements(of: picture)
    }

    /// The elements that the picture makes, as nft prints them.
    static func elements(of picture: NetworkPicture) -> [String: Set<JSONValue>] {
        func joined(_ parts: JSONValue...) -> JSONValue { .object(["concat": .array(parts)]) }
        func transport(_ forward: FabricForward) -> JSONValue { .string(forward.transport.rawValue) }
        func number(_ port: UInt16) -> JSONValue { .number(Int64(port)) }
        return [
            "clients": Set(picture.ports.map { joined(.string("\($0.mac)"), .number(Int64($0.mac.number))) }),
            "open": Set(picture.forwards.map { joined(transport($0), .string("\($0.target)"), number($0.targetPort)) }),
            "public": Set(picture.forwards.map { joined(transport($0), number($0.publicPort)) }),
            "targets": Set(
                picture.forwards.map { forward in
                    let key = joined(transport(forward), number(forward.publicPort))
                    return .array([key, joined(.string("\(forward.target)"), number(forward.targetPort))])
                }),
        ]
    }
}
