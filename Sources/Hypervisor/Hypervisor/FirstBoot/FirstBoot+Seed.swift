// SPDX-License-Identifier: Apache-2.0

public import CloudModel

extension FirstBoot {
    /// The texts of a NoCloud volume (cloud-init's manual, "NoCloud"; network configuration of version 2). Pure: the same values give the
    /// same texts, byte by byte.
    ///
    /// Every value is a quoted scalar, so that no name, key or domain can become a key, a list or a number. Throws `invalid-field` for a
    /// key that is no line, a name of an account that is none, and an MTU out of 68 to 65535.
    public func seed() throws(CloudError) -> GuestSeed {
        try check()
        return GuestSeed(metaData: metaData, userData: userData, networkConfig: networkConfig)
    }

    private func check() throws(CloudError) {
        func refuse(_ pointer: String, _ reason: String) -> CloudError {
            CloudError(.invalidField, ["pointer": pointer, "reason": reason])
        }
        guard AccessMethod.isAccount(login.account) else { throw refuse("/access/account", "“\(login.account)” is no account of a guest") }
        for (index, key) in login.keys.enumerated() where !AuthorizedKeys.isLine(key) {
            throw refuse("/keys/\(index)", "this is no line of an OpenSSH public key")
        }
        for card in cards {
            guard card.mtu.map((68...65535).contains) ?? true else { throw refuse("/mtu", "a packet has 68 to 65535 bytes") }
        }
    }

    private var metaData: String {
        YAMLText.of([("instance-id", .text(instanceID)), ("local-hostname", .text(hostname.text))])
    }

    private var userData: String {
        let fullName = domain.isEmpty ? hostname.text : "\(hostname).\(domain)"
        return "#cloud-config\n"
            + YAMLText.of([
                ("hostname", .text(hostname.text)),
                ("fqdn", .text(fullName)),
                // sudo asks for the machine's own name, which only the network would know otherwise.
                ("manage_etc_hosts", .text("localhost")),
                // Distributions close root's keys with a word of advice; where root is who logs in they are open.
                ("disable_root", .flag(login.account != "root")),
                ("ssh_pwauth", .flag(login.byPassword)),
                ("users", .list([user])),
            ])
    }

    private var user: YAMLText {
        var fields: [(String, YAMLText)] = [("name", .text(login.account))]
        if login.account != "root" { fields += [("shell", .text("/bin/bash")), ("sudo", .text("ALL=(ALL) NOPASSWD:ALL"))] }
        // Unlocked, for the console; whether it logs in over the network is ssh_pwauth's matter.
        fields.append(("lock_passwd", .flag(login.password == nil)))
        if let password = login.password { fields.append(("hashed_passwd", .text(password.text))) }
        if !login.keys.isEmpty { fields.append(("ssh_authorized_keys", .list(login.keys.map(YAMLText.text)))) }
        return .map(fields)
    }

    private var networkConfig: String {
        let ethernets = cards.enumerated().map { index, card in ("eth\(index)", ethernet(card, named: "eth\(index)")) }
        return YAMLText.of([("version", .number(2)), ("ethernets", .map(ethernets))])
    }

    /// A card is known by its address. It is renamed, for cloud-init's older renderers look for the name that stands above it, too.
    private func ethernet(_ card: Card, named name: String) -> YAMLText {
        var fields: [(String, YAMLText)] = [
            ("match", .map([("macaddress", .text(card.mac.description))])), ("set-name", .text(name)),
        ]
        switch card.addressing {
        case .dhcp(let ipv6): fields += [("dhcp4", .flag(true)), ("dhcp6", .flag(ipv6))]
        case .fixed(let fixed):
            let addresses = ["\(fixed.ipv4)/\(fixed.network.prefixLength)"] + (fixed.ipv6.map { ["\($0)/64"] } ?? [])
            fields += [("dhcp4", .flag(false)), ("dhcp6", .flag(false)), ("addresses", .list(addresses.map(YAMLText.text)))]
            if let gateway = fixed.gateway {
                fields.append(("routes", .list([.map([("to", .text("0.0.0.0/0")), ("via", .text(gateway.description))])])))
            }
            if !fixed.nameServers.isEmpty {
                var names: [(String, YAMLText)] = [("addresses", .list(fixed.nameServers.map { .text($0.description) }))]
                if !domain.isEmpty { names.append(("search", .list([.text(domain)]))) }
                fields.append(("nameservers", .map(names)))
            }
        }
        if let mtu = card.mtu { fields.append(("mtu", .number(mtu))) }
        return .map(fields)
    }
}
