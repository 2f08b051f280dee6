// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What dnsmasq is started with and fed by: arguments, and one small file for each port in two directories that it watches. There
/// is no configuration file, so there is no grammar that a name could break out of.
public struct NameService: Hashable, Sendable {
    /// Where a network's files are on the host.
    public struct Places: Hashable, Sendable {
        /// The directory; its path has no comma, for dnsmasq reads lists there.
        public let directory: String
        /// The account that dnsmasq runs as once its sockets are open.
        public let user: String
        /// That account's group.
        public let group: String
        /// Places in a directory.
        public init(directory: String, user: String = "nobody", group: String = "nogroup") {
            self.directory = directory
            self.user = user
            self.group = group
        }
        /// One file for each port with its MAC, addresses and name.
        public var dhcpHosts: String { directory + "/dhcp.d" }
        /// One file for each port with its addresses and full name.
        public var hosts: String { directory + "/hosts.d" }
        /// The process's number.
        public var processID: String { directory + "/dnsmasq.pid" }
        /// What was leased.
        public var leases: String { directory + "/leases" }
        /// What dnsmasq has to say.
        public var log: String { directory + "/dnsmasq.log" }
    }

    /// How long an address is leased: short, because an address is given anew only when its last lease has ended.
    public static let leaseTime = "2m"

    /// The arguments behind the program's name. The same picture gives the same arguments whatever its ports are, so ports come and
    /// go without a restart.
    public static func arguments(for network: FabricNetwork, places: Places, upstream: [IPv4Address]) -> [String] {
        let names = NetworkNames(network.id)
        var arguments = [
            "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--no-poll", "--no-ping",
            "--bind-interfaces", "--interface=\(names.gateway)", "--except-interface=lo",
            "--user=\(places.user)", "--group=\(places.group)",
            "--pid-file=\(places.processID)", "--dhcp-leasefile=\(places.leases)", "--log-facility=\(places.log)",
            "--quiet-dhcp", "--quiet-dhcp6", "--quiet-ra",
            "--domain=\(network.domain)", "--local=/\(network.domain)/", "--domain-needed", "--bogus-priv",
            "--dhcp-authoritative", "--dhcp-ignore=tag:!known", "--dhcp-ignore-names", "--dhcp-lease-max=65536",
            "--dhcp-range=\(network.ipv4.base),static,\(network.ipv4.mask),\(leaseTime)",
        ]
        if let prefix = network.ipv6Prefix {
            // Addresses by DHCPv6; router lifetime 0, for nothing leads out by IPv6 yet.
            arguments += ["--enable-ra", "--ra-param=\(names.gateway),60,0", "--dhcp-range=\(prefix),static,64,\(leaseTime)"]
        }
        arguments += upstream.map { "--server=\($0)" }
        return arguments + ["--dhcp-hostsdir=\(places.dhcpHosts)", "--hostsdir=\(places.hosts)"]
    }

    /// The files of the DHCP directory: the port's id to `MAC,IPv4,[IPv6],label,lease time`.
    public static func dhcpHosts(of picture: NetworkPicture) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: picture.ports.map { port in
                let six = port.ipv6.map { ["[\($0)]"] } ?? []
                let fields = ["\(port.mac)", "\(port.ipv4)"] + six + ["\(port.label)", leaseTime]
                return (port.id.text, fields.joined(separator: ",") + "\n")
            })
    }

    /// The files of the hosts directory: the port's id to its addresses and full name, as in hosts(5).
    public static func hosts(of picture: NetworkPicture) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: picture.ports.map { port in
                let addresses = ["\(port.ipv4)"] + (port.ipv6.map { ["\($0)"] } ?? [])
                return (port.id.text, addresses.map { "\($0) \(port.label).\(picture.network.domain)\n" }.joined())
            })
    }

    /// The MAC of a file of the DHCP directory; nil for one that is not ours.
    public static func mac(ofEntry text: some StringProtocol) -> MACAddress? {
        text.split(separator: ",", maxSplits: 1).first.flatMap { MACAddress(String($0)) }
    }
}
