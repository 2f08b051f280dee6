// SPDX-License-Identifier: Apache-2.0

import CloudModel
public import CloudOperations

/// What an administrator can set for the manager, in `/etc/lyceum/lyceumd.toml` or by `LYCEUMD_…`.
public enum ManagerSettings {
    /// Where the file is looked for when nobody names one.
    public static let standardFile = "/etc/lyceum/lyceumd.toml"

    /// Every setting.
    public static let all: [Setting] = [
        Setting("state.folder", .text("/var/lib/lyceum"), "what must survive: records, disks, keys, the administrator's token"),
        Setting("state.runtime", .text("/run/lyceum"), "what need not: files of dnsmasq"),
        Setting("simulate", .truth(false), "a simulated host in the state directory instead of this one"),
        Setting("administrator", .text("admin"), "the login of the first site operator; root signs in as they"),
        Setting("listen.http", .text("127.0.0.1:8080"), "loopback address and port; empty for none, port 0 for any"),
        Setting("listen.socket", .text("/run/lyceum/api.sock"), "unix socket; empty for none"),
        Setting("listen.group", .text("lyceum"), "accounts of this group sign in at the socket under their own logins"),
        Setting("listen.connections", .number(1000), "connections at the same time at each of the two; others wait"),
        Setting("listen.idle", .number(60), "seconds after which a connection without a whole request header is closed"),
        Setting("listen.patience", .number(30), "seconds that a body may keep the daemon waiting, or an answer stay unread"),
        Setting("listen.slowest", .number(1024), "bytes of a body that earn it a second more"),
        Setting("limits.rate", .number(50), "requests a second for one person, in the long run"),
        Setting("limits.burst", .number(200), "requests at once for one person"),
        Setting("limits.concurrent", .number(64), "requests under way for one person"),
        Setting("trash.keep", .number(7 * 86_400), "seconds that a destroyed instance's disk is kept at least"),
        Setting("trash.interval", .number(60), "seconds between looks into the trash"),
        Setting("limits.upload", .number(100), "GiB of one upload"),
        Setting("public.address", .text("127.0.0.1"), "where callers reach forwarded ports"),
        Setting("network.ipv4", .text("10.7.0.0/16"), "the first network's addresses; read at the first start only"),
        Setting("network.ipv6", .text("fd00:7::"), "the upper half of its IPv6 addresses; empty for none"),
        Setting("network.vlan", .number(7), "its VLAN"),
        Setting("network.domain", .text("lab.test"), "the domain of its names"),
        Setting("network.firstPort", .number(20_000), "the lowest public port that may be forwarded"),
        Setting("network.lastPort", .number(29_999), "the highest"),
        Setting("network.upstream", .list([]), "name servers for the world outside"),
        Setting("host.reserve", .number(1024), "MiB of memory that belong to the host itself; read at the first start only"),
        Setting("host.cpuRatio", .number(8), "virtual processors per real one; read at the first start only"),
        Setting("host.uri", .text("qemu:///system"), "which libvirt"),
        Setting("host.acceleration", .text("emulation"), "kvm or emulation; Scripts/probe-acceleration says which works"),
        Setting("simulation.boot", .number(3), "seconds that a simulated guest takes to boot"),
        Setting("log.style", .text("text"), "text or json"),
        Setting("log.level", .text("info"), "trace, debug, info, notice, warning, error or critical"),
    ]

    #if Daemons
        /// The configuration of a file, which must be there where it was named, and the environment over it.
        public static func read(file: String?, environment: [String: String]) throws -> Configuration {
            let name = file ?? standardFile
            let bytes = try PrivateFiles.read(name)
            if bytes == nil, file != nil { throw ConfigurationError(place: name, reason: "there is no such file") }
            let values = try bytes.map { try ConfigurationFile.read(String(decoding: $0, as: UTF8.self), name: name, settings: all) }
            return try Configuration(all, file: values ?? [:], environment: environment, prefix: "LYCEUMD").checked()
        }
    #endif
}

extension Configuration {
    /// Intervals and limits of operations.
    public var operationSettings: Settings {
        var settings = Settings()
        settings.trashKept = .seconds(number("trash.keep"))
        settings.collectorInterval = .seconds(max(1, number("trash.interval")))
        return settings
    }

    /// Where the API listens by TCP; nil for nowhere. Loopback addresses only (``checked()``), for there is no TLS in this daemon.
    public var loopback: (host: String, port: Int)? {
        let text = text("listen.http")
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        return (String(host), Int(port))
    }

    /// The configuration, if its values fit together. Throws ``ConfigurationError`` otherwise.
    public func checked() throws -> Configuration {
        _ = try site()
        let http = text("listen.http")
        guard http.isEmpty || ["127.0.0.1", "::1", "localhost"].contains(loopback?.host) else {
            throw ConfigurationError(place: "listen.http", reason: "\(http) is no loopback address and port; any other needs TLS")
        }
        for key in [
            "listen.connections", "listen.idle", "listen.patience", "listen.slowest", "limits.rate", "limits.burst", "limits.concurrent",
            "limits.upload",
        ] where number(key) < 1 {
            throw ConfigurationError(place: key, reason: "a number from 1 is due here")
        }
        return self
    }

    /// What a site begins with. The ids are the manager's words for the host that it runs on, its store and its first network: the same
    /// at every start. Throws ``ConfigurationError`` for a value that is none.
    public func site() throws -> SiteSetup {
        func refused(_ key: String) -> ConfigurationError { ConfigurationError(place: key, reason: "\"\(text(key))\" is no value for it") }
        guard let ipv4 = IPv4Network(text("network.ipv4")) else { throw refused("network.ipv4") }
        guard text("network.ipv6").isEmpty || IPv6Address(text("network.ipv6")) != nil else { throw refused("network.ipv6") }
        guard (1...4094).contains(number("network.vlan")) else { throw refused("network.vlan") }
        guard let first = UInt16(exactly: number("network.firstPort")), let last = UInt16(exactly: number("network.lastPort")),
            first <= last
        else { throw refused("network.firstPort") }
        guard let store = ID<StoreKind>("store-local") else { throw CloudError(.internalFault, ["part": "store id"]) }
        let host = Host(
            id: ID(bits: 0, 1), name: try DisplayName("host-1"), state: .active, reserve: .mebibytes(Int64(number("host.reserve"))),
            cpuRatio: number("host.cpuRatio"), store: store)
        let network = Network(
            id: ID(bits: 0, 1), name: try DisplayName("lab"), owner: ID(bits: 0, 1), group: .everybody, vlan: number("network.vlan"),
            ipv4: ipv4, gateway: IPv4Address(number: ipv4.base.number + 1), ipv6Prefix: IPv6Address(text("network.ipv6")),
            domain: text("network.domain"), firstPublicPort: first, lastPublicPort: last, serial: 0,
            nextAddress: IPv4Address(number: ipv4.base.number + 2))
        var setup = SiteSetup(administratorID: ID(bits: 0, 1), host: host, network: network)
        setup.administrator = text("administrator")
        return setup
    }
}
