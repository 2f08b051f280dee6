// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import Foundation
#endif

import CloudModel
import CloudOperations

/// What an administrator can set for the manager, in `/etc/lyceum/lyceumd.toml` or by `LYCEUMD_…`.
public enum ManagerSettings {
    /// Where the file is looked for when nobody names one.
    public static let standardFile = "/etc/lyceum/lyceumd.toml"

    /// What the cloud keeps to where nobody sets anything: the figures stand there and nowhere else.
    private static let usual = Settings()

    /// Every setting.
    public static let all: [Setting] = [
        Setting(
            "state.folder", .text("/var/lib/lyceum"), "what must survive: records, disks, keys, the administrator's token", rule: .path),
        Setting("state.runtime", .text("/run/lyceum"), "what need not: files of dnsmasq", rule: .path),
        Setting("simulate", .truth(false), "a simulated host in the state directory instead of this one"),
        Setting(
            "administrator", .text("admin"), "the login of the first site operator, as whom root signs in", first: true),
        Setting("listen.http", .text("127.0.0.1:8080"), "loopback address and port; empty for none, port 0 for any"),
        Setting("listen.socket", .text("/run/lyceum/api.sock"), "unix socket; empty for none", rule: .socketPath),
        Setting("listen.group", .text("lyceum"), "accounts of this group sign in at the socket under their own logins"),
        Setting(
            "listen.connections", .number(1000), "connections at the same time at each of the two; others wait", rule: .within(1...100_000)),
        Setting(
            "listen.idle", .number(60), "seconds after which a connection without a whole request header is closed",
            rule: .within(1...86_400)),
        Setting(
            "listen.patience", .number(30), "seconds that a body may keep the daemon waiting, or an answer stay unread",
            rule: .within(1...86_400)),
        Setting("listen.slowest", .number(1024), "bytes of a body that earn it a second more", rule: .within(1...1_000_000_000)),
        Setting("limits.rate", .number(50), "requests a second for one person, in the long run", rule: .within(1...1_000_000), live: true),
        Setting("limits.burst", .number(200), "requests at once for one person", rule: .within(1...1_000_000), live: true),
        Setting("limits.concurrent", .number(64), "requests under way for one person", rule: .within(1...100_000), live: true),
        Setting(
            "trash.keep", .number(Int(usual.trashKept.components.seconds)), "seconds that a destroyed instance's disk is kept at least",
            rule: .within(0...(10 * 365 * 86_400)), live: true),
        Setting(
            "trash.freePercent", .number(usual.freePercent),
            "per cent of a store that are to be free: disks of the trash go until they are", rule: .within(0...100), live: true),
        Setting(
            "store.reservedPercent", .number(usual.reservedPercent),
            "per cent of a store that are left to what is there already: with less free nothing new takes room", rule: .within(0...100),
            live: true),
        Setting(
            "lease.destroyedInAnHour", .number(usual.destroyedInAnHour),
            "instances past their leases that are destroyed in an hour at most; beyond it an alarm stops it", rule: .within(0...100_000),
            live: true),
        Setting(
            "trash.interval", .number(Int(usual.collectorInterval.components.seconds)), "seconds between looks into the trash",
            rule: .within(1...86_400), live: true),
        Setting(
            "addresses.kept", .number(Int(usual.addressesKept.components.seconds)),
            "seconds that address and name of a destroyed instance are given to no other, while a fifth of its network is free",
            rule: .within(0...(10 * 365 * 86_400)), live: true),
        Setting(
            "quota.instances", .number(usual.limits.instances), "instances that one person or group may have", rule: .within(1...1_000_000),
            live: true),
        Setting(
            "quota.disk", .number(Int(usual.limits.disk.bytes >> 30)), "GiB of their virtual disks", rule: .within(1...1_000_000_000),
            live: true),
        Setting(
            "quota.cpus", .number(usual.limits.cpus.count), "virtual processors of those that run", rule: .within(1...1_000_000), live: true
        ),
        Setting(
            "quota.memory", .number(Int(usual.limits.memory.bytes >> 30)), "GiB of memory of those that run", rule: .within(1...1_000_000),
            live: true),
        Setting(
            "quota.forwardedPorts", .number(usual.limits.forwardedPorts), "public ports that lead to them", rule: .within(0...65_535),
            live: true),
        Setting("limits.upload", .number(100), "GiB of one upload", rule: .within(1...1_000_000), live: true),
        Setting(
            "metrics.access", .text("operators"),
            "who may read /metrics: operators, or local for whoever reaches the daemon", rule: .words(["operators", "local"]), live: true),
        Setting(
            "console.origins", .list([]), "whose pages may open consoles besides the daemon's own, as https://portal.example"),
        Setting("public.address", .text("127.0.0.1"), "where callers reach forwarded ports", live: true),
        Setting("network.ipv4", .text("10.7.0.0/16"), "the first network's addresses", first: true),
        Setting("network.ipv6", .text("fd00:7::"), "the upper half of its IPv6 addresses; empty for none", first: true),
        Setting("network.vlan", .number(7), "its VLAN", rule: .within(1...4094), first: true),
        Setting("network.domain", .text("lab.test"), "the domain of its names", first: true),
        Setting(
            "network.firstPort", .number(20_000), "the lowest public port that may be forwarded",
            rule: .within(1024...65_535), first: true),
        Setting("network.lastPort", .number(29_999), "the highest", rule: .within(1024...65_535), first: true),
        Setting("network.upstream", .list([]), "name servers for the world outside"),
        Setting(
            "host.reserve", .number(1024), "MiB of memory that belong to the host itself",
            rule: .within(0...100_000_000), first: true),
        Setting("host.cpuRatio", .number(8), "virtual processors per real one", rule: .within(1...1000), first: true),
        Setting("host.uri", .text("qemu:///system"), "which libvirt"),
        Setting("host.group", .text("libvirt-qemu"), "the group as which it runs QEMU; passes through state.folder to the disks"),
        Setting(
            "host.acceleration", .text("auto"), "kvm, emulation, or auto: a guest of 512 bytes tries /dev/kvm, once a boot",
            rule: .words(["auto", "kvm", "emulation"])),
        Setting("simulation.boot", .number(3), "seconds that a simulated guest takes to boot", rule: .within(0...3600)),
        Setting("log.style", .text("text"), "text or json", rule: .words(["text", "json"]), live: true),
        Setting(
            "log.level", .text("info"), "trace, debug, info, notice, warning, error or critical",
            rule: .words(["trace", "debug", "info", "notice", "warning", "error", "critical"]), live: true),
    ]

    #if Daemons
        /// The configuration of a file, which must be there where it was named, and the environment (the process's) over it; `simulate` over
        /// both.
        public static func read(
            file: String?, environment: [String: String] = ProcessInfo.processInfo.environment, simulate: Bool = false
        ) throws -> Configuration {
            var environment = environment
            if simulate { environment["LYCEUMD_SIMULATE"] = "true" }
            let name = file ?? standardFile
            let bytes = try PrivateFiles.readTrusted(name)
            if bytes == nil, file != nil { throw ConfigurationError(place: name, reason: "there is no such file") }
            guard let bytes else { return try Configuration(all, environment: environment, prefix: "LYCEUMD").checked() }
            let text = String(decoding: bytes, as: UTF8.self)
            let values = try ConfigurationFile.read(text, name: name, settings: all)
            let places = ConfigurationFile.places(text, name: name, of: values.keys)
            return try Configuration(all, file: values, places: places, environment: environment, prefix: "LYCEUMD").checked()
        }
    #endif
}
