// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudOperations

// What the manager reads out of its settings.

extension Configuration {
    /// Intervals and limits of operations.
    public var operationSettings: Settings {
        var settings = Settings()
        settings.trashKept = .seconds(number("trash.keep"))
        settings.freePercent = number("trash.freePercent")
        settings.reservedPercent = number("store.reservedPercent")
        settings.destroyedInAnHour = number("lease.destroyedInAnHour")
        settings.collectorInterval = .seconds(number("trash.interval"))
        settings.addressesKept = .seconds(number("addresses.kept"))
        settings.limits = ResourceAmounts(
            instances: number("quota.instances"), disk: .gibibytes(Int64(number("quota.disk"))), cpus: CPUCount(number("quota.cpus")),
            memory: .gibibytes(Int64(number("quota.memory"))), forwardedPorts: number("quota.forwardedPorts"))
        return settings
    }

    /// Where the API listens by TCP; nil for nowhere. Loopback addresses only (``checked()``), for there is no TLS in this daemon.
    public var loopback: (host: String, port: Int)? {
        let text = text("listen.http")
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        return (String(host), Int(port))
    }

    /// Where the API listens in the file system, and the folder of that; nil for nowhere.
    public var socket: (path: String, folder: String)? {
        let path = text("listen.socket")
        return path.lastIndex(of: "/").map { (path, String(path[..<$0])) }
    }

    /// The login that an account of this machine signs in under at the socket: root as the administrator that the records name, those of
    /// the group as they are called; nil for all others.
    public func login(ofAccount userID: UInt32, administrator: String) -> String? {
        let account = LocalAccount(userID: userID)
        if account.isRoot { return administrator }
        return account.belongs(to: text("listen.group")) ? account.login : nil
    }

    /// The configuration, if its values fit together. Throws ``ConfigurationError`` otherwise.
    public func checked() throws -> Configuration {
        let http = text("listen.http")
        guard http.isEmpty || ["127.0.0.1", "::1", "localhost"].contains(loopback?.host) else {
            throw refusal("listen.http", "\(http) is no loopback address and port; any other needs TLS")
        }
        guard loopback != nil || socket != nil else {
            throw refusal("listen.http", "without it and without listen.socket nobody can reach the daemon")
        }
        try requireOwnPort(beside: try site().network)
        guard Self.isHost(text("public.address")) else {
            throw refusal("public.address", "\(shown("public.address")) is no address and no host name")
        }
        for origin in list("console.origins") where !Self.isOrigin(origin) {
            throw refusal("console.origins", "“\(origin)” is no origin: a scheme, a host, at most a port, as https://portal.example")
        }
        guard text("host.uri").contains("://") else {
            throw refusal("host.uri", "\(shown("host.uri")) is no URI of libvirt, as qemu:///system")
        }
        for address in list("network.upstream") where IPv4Address(address) == nil {
            throw refusal("network.upstream", "“\(address)” is no IPv4 address")
        }
        return self
    }

    /// Throws ``ConfigurationError`` where the API listens at a port that people may have opened to their instances: whoever does would get
    /// every call, and every token in them, instead of the daemon. A simulated network takes no port of this machine.
    func requireOwnPort(beside network: Network) throws {
        let (first, last) = (Int(network.firstPublicPort), Int(network.lastPublicPort))
        guard !truth("simulate"), let port = loopback?.port, first <= port, port <= last else { return }
        throw refusal(
            "listen.http", "port \(port) is one of the public ports, \(first) to \(last), that people open to instances; take another")
    }

    /// An origin as browsers write it (RFC 6454, 6.2): in lower case, without a slash at the end.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty && authority == authority.lowercased() && !authority.contains { "/?#@ ".contains($0) }
    }

    private static func isHost(_ text: String) -> Bool {
        func isLabel(_ text: Substring) -> Bool { do { return try !DNSLabel(String(text)).text.isEmpty } catch { return false } }
        return IPv4Address(text) != nil || IPv6Address(text) != nil
            || text.utf8.count <= 253 && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    /// What a site begins with. The ids are the manager's words for the host that it runs on, its store and its first network: the same
    /// at every start. Throws ``ConfigurationError`` for a value that is none.
    public func site() throws -> SiteSetup {
        func refused(_ key: String, _ fits: String) -> ConfigurationError {
            refusal(key, "\(shown(key)) is no value for it; \(fits)")
        }
        let ports = "a port is 1024 to 65535"
        guard let ipv4 = IPv4Network(text("network.ipv4")), ipv4.prefixLength <= 30 else {
            throw refused("network.ipv4", "an IPv4 network is its lowest address, a slash and a prefix of at most 30: 10.7.0.0/16")
        }
        guard text("network.ipv6").isEmpty || IPv6Address(text("network.ipv6")) != nil else {
            throw refused("network.ipv6", "the upper half of an address is meant, as fd00:7::, or nothing")
        }
        guard let first = UInt16(exactly: number("network.firstPort")), let last = UInt16(exactly: number("network.lastPort"))
        else { throw refused("network.firstPort", ports) }
        guard let store = ID<StoreKind>("store-local") else { throw CloudError(.internalFault, ["part": "store id"]) }
        let host = CloudHost(
            id: ID(bits: 0, 1), name: try DisplayName("host-1"), state: .active, reserve: .mebibytes(Int64(number("host.reserve"))),
            cpuRatio: number("host.cpuRatio"), store: store)
        let network = Network(
            id: ID(bits: 0, 1), name: try DisplayName("lab"), owner: ID(bits: 0, 1), group: .everybody, vlan: number("network.vlan"),
            ipv4: ipv4, gateway: IPv4Address(number: ipv4.base.number + 1), ipv6Prefix: IPv6Address(text("network.ipv6")),
            domain: text("network.domain"), firstPublicPort: first, lastPublicPort: last, serial: 0,
            nextAddress: IPv4Address(number: ipv4.base.number + 2))
        var setup = SiteSetup(administratorID: ID(bits: 0, 1), host: host, network: network)
        setup.administrator = text("administrator")
        do { try setup.check() } catch {
            let field = String(error.parameters["pointer"]?.dropFirst() ?? "")
            throw refusal(Self.keys[field] ?? field, error.parameters["reason"] ?? error.description)
        }
        return setup
    }

    /// The settings behind the fields that ``SiteSetup/check()`` names.
    private static let keys = [
        "administrator": "administrator", "domain": "network.domain", "firstPublicPort": "network.firstPort", "gateway": "network.ipv4",
        "ipv4": "network.ipv4", "ipv6Prefix": "network.ipv6", "vlan": "network.vlan",
    ]
}
