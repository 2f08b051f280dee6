// SPDX-License-Identifier: Apache-2.0

public import CloudModel

extension FabricPort {
    /// The mark of the port's rules on the switch.
    public var cookie: UInt64 { SwitchFlow.cookie(of: id.text) }

    /// The number that the port asks for on the switch: 1,024 to 65,023, from the id, so that it is the same on every host and
    /// after every restart. Where it is taken the switch gives another.
    public var requestedNumber: Int { 1024 + Int(cookie % 64_000) }

    /// All rules of the port under its number on the switch: what is not named here is dropped: foreign MAC,
    /// IPv4 and IPv6 addresses, ARP and ND for others, DHCP servers, router advertisements.
    ///
    /// ```
    /// entry ─▶ guest ──▶ own ARP, own IPv4, DHCP discovery, DAD, RARP ──▶ forward
    ///            │  tagged, DHCP server, RA, redirect, foreign NA, fragments of ND ──▶ drop
    ///            └────▶ guestIPv6 ──▶ own IPv6 ──▶ forward
    /// ```
    public func flows(number: Int) -> [SwitchFlow] {
        let port = "in_port=\(number)"
        func flow(_ table: Int, _ priority: Int, _ match: [String], _ action: String) -> SwitchFlow {
            SwitchFlow(cookie: cookie, table: table, priority: priority, [port] + match, action)
        }
        let (guest, pass, six) = (SwitchFlow.Table.guest, "resubmit(,20)", "resubmit(,11)")
        let own = [IPv6Address(linkLocalOf: mac)] + (ipv6.map { [$0] } ?? [])
        let from = "dl_src=\(mac)"
        var flows = [flow(SwitchFlow.Table.entry, 100, [], "resubmit(,10)")]
        flows += Self.forbidden.map { flow(guest, $0.priority, $0.match, "drop") }
        for address in own {
            flows.append(flow(guest, 160, [from, "icmp6", "icmp_type=136", "nd_target=\(address)"], six))
            flows.append(flow(guest, 150, [from, "icmp6", "icmp_type=135", "ipv6_src=::", "nd_target=\(address)"], pass))
            flows.append(flow(SwitchFlow.Table.guestIPv6, 150, [from, "ipv6", "ipv6_src=\(address)"], pass))
        }
        flows += [
            flow(guest, 155, ["icmp6", "icmp_type=136"], "drop"),
            flow(guest, 150, [from, "arp", "arp_sha=\(mac)", "arp_spa=\(ipv4)"], pass),
            // Address probes (RFC 5227, 2.1.1) have no sender address yet and ask for one's own: whoever probes for a neighbour's makes
            // the neighbour believe in a conflict, and give its address up.
            flow(guest, 150, [from, "arp", "arp_op=1", "arp_sha=\(mac)", "arp_spa=0.0.0.0", "arp_tpa=\(ipv4)"], pass),
            // QEMU's announcement after a restore or a migration; without it the guest is unreachable for seconds.
            flow(guest, 150, [from, "rarp", "arp_sha=\(mac)", "arp_spa=0.0.0.0"], pass),
            flow(guest, 150, [from, "ip", "nw_src=\(ipv4)"], pass),
            flow(guest, 150, [from, "udp", "nw_src=0.0.0.0", "nw_dst=255.255.255.255", "tp_src=68", "tp_dst=67"], pass),
            // Multicast listener reports and router solicitations before there is an address (RFC 3590, RFC 4861).
            flow(guest, 150, [from, "icmp6", "icmp_type=143", "ipv6_src=::"], pass),
            flow(guest, 150, [from, "icmp6", "icmp_type=133", "ipv6_src=::"], pass),
            flow(guest, 140, [], six),
        ]
        return flows
    }

    /// What no guest may send, whoever it says it is. A fragment of neighbour discovery must not be believed (RFC 6980) but is by
    /// some; discovery always has hop limit 255, so fragments with it are dropped, and so are fragments from link-local addresses,
    /// from which routers and DHCPv6 servers speak. Other fragments pass.
    private static let forbidden: [(priority: Int, match: [String])] = [
        (200, ["vlan_tci=0x1000/0x1000"]),
        (195, ["ipv6", "nw_ttl=255", "nw_frag=yes"]),
        (195, ["ipv6", "ipv6_src=fe80::/10", "nw_frag=yes"]),
        (190, ["udp", "tp_src=67"]),
        (190, ["udp6", "tp_src=547"]),
        (190, ["icmp6", "icmp_type=134"]),
        (190, ["icmp6", "icmp_type=137"]),
    ]
}

extension FabricNetwork {
    /// The mark of the gateway's rule on the switch.
    public var cookie: UInt64 { SwitchFlow.cookie(of: id.text) }

    /// The gateway's MAC: `06:` and five bytes of the mark, so that suspended guests still know it after the host was started
    /// anew, and no guest can have it (theirs begin with `02:`).
    public var gatewayMAC: MACAddress { MACAddress(number: 0x06 << 40 | cookie & 0xFF_FFFF_FFFF) }

    /// The gateway's rule under its number on the switch: it is ours and may send what it likes.
    public func flows(number: Int) -> [SwitchFlow] {
        [SwitchFlow(cookie: cookie, table: SwitchFlow.Table.entry, priority: 100, ["in_port=\(number)"], "resubmit(,20)")]
    }
}
