// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What an unchanged cloud image of a distribution has to know when it boots: who it is, who logs in, and how its cards are set.
///
/// A value without paths and times: ``seed()`` makes the texts that cloud-init reads of it. It holds the hash of a password, so it has no
/// description and can be printed nowhere by mistake.
public struct FirstBoot: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// What a guest knows a first boot by: where it is another than before, the guest begins anew (new host keys, accounts and network).
    public let instanceID: String
    /// The host name.
    public let hostname: DNSLabel
    /// The domain of its name; empty for none.
    public let domain: String
    /// Who logs in.
    public let login: Login
    /// Its network cards, in the order of the guest's bus.
    public let cards: [Card]

    /// Who logs in, and by what.
    public struct Login: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        /// The account; made where the image has none of that name.
        public let account: String
        /// SSH public keys, one OpenSSH line each.
        public let keys: [String]
        /// The account's password; nil for none, which locks it: people get in by their keys alone.
        public let password: PasswordHash?
        /// Whether the password logs in over the network too; at the console it always does.
        public let byPassword: Bool
        /// A login.
        public init(account: String, keys: [String], password: PasswordHash?, byPassword: Bool) {
            self.account = account
            self.keys = keys
            self.password = password
            self.byPassword = byPassword
        }
        /// The account alone.
        public var description: String { account }
        /// The account alone.
        public var customMirror: Mirror { Mirror(self, children: ["account": account]) }
    }

    /// How a card is set.
    public struct Card: Hashable, Sendable {
        /// By which it is known.
        public let mac: MACAddress
        /// Where its addresses come from.
        public let addressing: Addressing
        /// The largest packet in bytes, 68 (RFC 791) to 65535; nil for what the network says.
        public let mtu: Int?
        /// A card.
        public init(mac: MACAddress, addressing: Addressing, mtu: Int? = nil) {
            self.mac = mac
            self.addressing = addressing
            self.mtu = mtu
        }
    }

    /// Where the addresses of a card come from.
    public enum Addressing: Hashable, Sendable {
        /// The network's services give them; by IPv6 too where it says so.
        case dhcp(ipv6: Bool)
        /// They are these.
        case fixed(Addresses)
    }

    /// Fixed addresses of a card.
    public struct Addresses: Hashable, Sendable {
        /// Its IPv4 address.
        public let ipv4: IPv4Address
        /// The network that it lies in.
        public let network: IPv4Network
        /// Its IPv6 address in a network of 64 bits; nil for none.
        public let ipv6: IPv6Address?
        /// Where everything else is reached through; nil for nowhere.
        public let gateway: IPv4Address?
        /// Who answers names.
        public let nameServers: [IPv4Address]
        /// Fixed addresses.
        public init(
            ipv4: IPv4Address, network: IPv4Network, ipv6: IPv6Address? = nil, gateway: IPv4Address?, nameServers: [IPv4Address] = []
        ) {
            self.ipv4 = ipv4
            self.network = network
            self.ipv6 = ipv6
            self.gateway = gateway
            self.nameServers = nameServers
        }
    }

    /// A first boot.
    public init(instanceID: String, hostname: DNSLabel, domain: String, login: Login, cards: [Card]) {
        self.instanceID = instanceID
        self.hostname = hostname
        self.domain = domain
        self.login = login
        self.cards = cards
    }

    /// The instance's id alone.
    public var description: String { "first boot of \(instanceID)" }
    /// The instance's id alone.
    public var customMirror: Mirror { Mirror(self, children: ["instanceID": instanceID]) }
}
