// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// The nft rule sets of a network, as text that replaces a whole table in one transaction: two namespaces, one table each (and one
/// for IPv6 in the gateway's). Everything in them is a number, an address or a name made of an id.
public enum RuleText {
    /// The gateway's own rules: names and addresses for its guests only, the way out behind the uplink's address, and forwarded
    /// ports inward. Nothing else reaches the gateway, and nothing is forwarded that no rule names.
    ///
    /// A DHCP request is heard only where the hardware address in its body is the sender's own: the switch cannot see the body, and
    /// whoever could forge it could give back another guest's address. A forwarded connection lives only as long as its target is
    /// forwarded to, so closing a port also ends what ran through it.
    public static func gateway(_ picture: NetworkPicture) -> String {
        let (network, names) = (picture.network, NetworkNames(picture.network.id))
        return replacing("ip", NetworkNames.ownTable) + """
            table ip \(NetworkNames.ownTable) {
            \tset clients {
            \t\ttypeof ether saddr . @th,288,48
            \(elements(clients(picture)))\t}

            \tset open {
            \t\ttypeof meta l4proto . ip daddr . th dport
            \(elements(open(picture)))\t}

            \tmap targets {
            \t\ttypeof meta l4proto . th dport : ip daddr . th dport
            \(elements(targets(picture)))\t}

            \tchain prerouting {
            \t\ttype nat hook prerouting priority dstnat; policy accept;
            \t\tiifname "\(names.uplink)" fib daddr type local dnat ip to meta l4proto . th dport map @targets
            \t}

            \tchain postrouting {
            \t\ttype nat hook postrouting priority srcnat; policy accept;
            \t\toifname "\(names.uplink)" masquerade
            \t}

            \tchain input {
            \t\ttype filter hook input priority filter; policy drop;
            \t\tiifname "lo" accept
            \t\tudp dport 67 iifname "\(names.gateway)" udp sport 68 ether saddr . @th,288,48 @clients accept
            \t\tudp dport 67 drop
            \t\tct state established,related accept
            \t\tiifname "\(names.gateway)" ip daddr \(network.gateway) udp dport 53 accept
            \t\tiifname "\(names.gateway)" ip daddr \(network.gateway) tcp dport 53 accept
            \t\tiifname "\(names.gateway)" ip daddr \(network.gateway) icmp type echo-request accept
            \t}

            \tchain forward {
            \t\ttype filter hook forward priority filter; policy drop;
            \t\tct state related accept
            \t\tct status dnat meta l4proto . ip daddr . th dport @open accept
            \t\tct status dnat meta l4proto . ip saddr . th sport @open accept
            \t\tct status dnat drop
            \t\tct state established accept
            \t\tiifname "\(names.gateway)" oifname "\(names.uplink)" ip saddr \(network.ipv4) accept
            \t}
            }

            """ + gatewayIPv6(names)
    }

    /// IPv6 ends at the gateway: neighbour discovery, DHCPv6 and names for the guests, nothing forwarded.
    private static func gatewayIPv6(_ names: NetworkNames) -> String {
        replacing("ip6", NetworkNames.ownTable) + """
            table ip6 \(NetworkNames.ownTable) {
            \tchain input {
            \t\ttype filter hook input priority filter; policy drop;
            \t\tiifname "lo" accept
            \t\tiifname "\(names.gateway)" icmpv6 type { echo-request, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept
            \t\tct state established,related accept
            \t\tiifname "\(names.gateway)" udp sport 546 udp dport 547 accept
            \t\tiifname "\(names.gateway)" udp dport 53 accept
            \t\tiifname "\(names.gateway)" tcp dport 53 accept
            \t}

            \tchain forward {
            \t\ttype filter hook forward priority filter; policy drop;
            \t}
            }

            """
    }

    /// The host's side: a public port of any address of the host, the loopback's included, leads into the gateway; guests go out
    /// behind the host's address and reach nothing of the host itself.
    ///
    /// For the loopback's sake the uplink routes 127.0.0.0/8 (`route_localnet`); the first rule keeps anything *on the wire* with
    /// such an address away from the host's own services (CVE-2020-8558), before address translation makes genuine answers.
    public static func host(_ picture: NetworkPicture, base: IPv4Address = Transit.base) -> String {
        let (names, transit) = (NetworkNames(picture.network.id), Transit(vlan: picture.network.vlan, base: base))
        return replacing("ip", names.table) + """
            table ip \(names.table) {
            \tset public {
            \t\ttypeof meta l4proto . th dport
            \(elements(publicPorts(picture)))\t}

            \tchain wire {
            \t\ttype filter hook prerouting priority raw; policy accept;
            \t\tiifname "\(names.hostEnd)" ip daddr 127.0.0.0/8 drop
            \t\tiifname "\(names.hostEnd)" ip saddr 127.0.0.0/8 drop
            \t}

            \tchain prerouting {
            \t\ttype nat hook prerouting priority dstnat; policy accept;
            \t\tfib daddr type local meta l4proto . th dport @public dnat to \(transit.gateway)
            \t}

            \tchain output {
            \t\ttype nat hook output priority -100; policy accept;
            \t\tfib daddr type local meta l4proto . th dport @public dnat to \(transit.gateway)
            \t}

            \tchain postrouting {
            \t\ttype nat hook postrouting priority srcnat; policy accept;
            \t\toifname "\(names.hostEnd)" ct status dnat ip saddr 127.0.0.0/8 masquerade
            \t\toifname "\(names.hostEnd)" ct status dnat ip saddr \(transit.gateway) masquerade
            \t\toifname != "\(names.hostEnd)" ip saddr \(transit.gateway) masquerade
            \t}

            \tchain input {
            \t\ttype filter hook input priority filter; policy accept;
            \t\tiifname "\(names.hostEnd)" ct state established,related accept
            \t\tiifname "\(names.hostEnd)" drop
            \t}

            \tchain forward {
            \t\ttype filter hook forward priority filter; policy accept;
            \t\toifname "\(names.hostEnd)" ct state established,related accept
            \t\toifname "\(names.hostEnd)" ct status dnat accept
            \t\toifname "\(names.hostEnd)" drop
            \t}
            }

            """
    }

    /// What keeps the host's own network stack from hearing a guest: the user-space switch reads a copy of each frame before this
    /// hook, the kernel comes after it. Otherwise it answers what was sent to the tap's MAC. What somebody else put there is taken away.
    public static func ingress(device: String) -> String {
        let table = NetworkNames.ownTable
        return """
            add table netdev \(table)
            add chain netdev \(table) \(device) { type filter hook ingress device "\(device)" priority -500; policy drop; }
            flush chain netdev \(table) \(device)

            """
    }

    /// Takes a whole table away, whether it is there or not.
    public static func removal(_ family: String, _ table: String) -> String {
        "add table \(family) \(table)\ndelete table \(family) \(table)\n"
    }

    private static func replacing(_ family: String, _ table: String) -> String { removal(family, table) }

    // MARK: What changes with the records

    private static func clients(_ picture: NetworkPicture) -> [String] {
        picture.ports.map { "\($0.mac) . 0x\(String($0.mac.number, radix: 16))" }
    }
    private static func open(_ picture: NetworkPicture) -> [String] {
        Set(picture.forwards.map { "\($0.transport.rawValue) . \($0.target) . \($0.targetPort)" }).sorted()
    }
    private static func targets(_ picture: NetworkPicture) -> [String] {
        picture.forwards.map { "\($0.transport.rawValue) . \($0.publicPort) : \($0.target) . \($0.targetPort)" }
    }
    private static func publicPorts(_ picture: NetworkPicture) -> [String] {
        picture.forwards.map { "\($0.transport.rawValue) . \($0.publicPort)" }
    }

    /// What makes the gateway's sets those of a picture whose network is the one that its rules were made for: one transaction, a
    /// tenth of the time that the whole table takes.
    public static func gatewayElements(_ picture: NetworkPicture) -> String {
        refill("set", NetworkNames.ownTable, "clients", clients(picture)) + refill("set", NetworkNames.ownTable, "open", open(picture))
            + refill("map", NetworkNames.ownTable, "targets", targets(picture))
    }

    /// As ``gatewayElements(_:)``, for the host's side.
    public static func hostElements(_ picture: NetworkPicture) -> String {
        refill("set", NetworkNames(picture.network.id).table, "public", publicPorts(picture))
    }

    private static func refill(_ kind: String, _ table: String, _ set: String, _ list: [String]) -> String {
        "flush \(kind) ip \(table) \(set)\n"
            + (list.isEmpty ? "" : "add element ip \(table) \(set) { \(list.joined(separator: ", ")) }\n")
    }

    /// An empty set has no line of elements.
    private static func elements(_ list: [String]) -> String {
        list.isEmpty ? "" : "\t\telements = { \(list.joined(separator: ", ")) }\n"
    }
}
