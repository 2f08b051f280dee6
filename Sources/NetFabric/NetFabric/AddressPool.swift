// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// Which addresses of a network a new port may take. A value without store or lock: the transaction that takes an address asks it
/// and then relies on the store's unique index (invariant I1).
public struct AddressPool: Hashable, Sendable {
    /// The network's addresses.
    public let network: IPv4Network
    /// The gateway's own, which no port gets.
    public let gateway: IPv4Address

    /// The pool of a network.
    public init(network: IPv4Network, gateway: IPv4Address) {
        self.network = network
        self.gateway = gateway
    }

    /// How many ports fit when nothing is held.
    public var size: Int {
        let inner = max(0, Int(network.broadcast.number) - Int(network.base.number) - 1)
        return isInner(gateway) ? inner - 1 : inner
    }

    /// The addresses that may be taken, each once, from `hint` upwards and round from the lowest. Never the network's, the
    /// broadcast's, the gateway's or one in `held` (taken, held, or in quarantine). Lazy: taking the first of a /8 is cheap.
    public func candidates(from hint: IPv4Address? = nil, held: Set<IPv4Address> = []) -> some Sequence<IPv4Address> {
        let (first, last) = (UInt64(network.base.number) + 1, UInt64(network.broadcast.number))
        let count = last > first ? last - first : 0
        let start = hint.flatMap { isInner($0) ? UInt64($0.number) - first : nil } ?? 0
        return (0..<count).lazy
            .map { IPv4Address(number: UInt32(first + (start + $0) % max(count, 1))) }
            .filter { $0 != gateway && !held.contains($0) }
    }

    /// A hint so many addresses further, round from the lowest.
    public func hint(_ count: Int, beyond hint: IPv4Address) -> IPv4Address {
        let (first, last) = (UInt64(network.base.number) + 1, UInt64(network.broadcast.number))
        guard last > first, count >= 0 else { return hint }
        let start = isInner(hint) ? UInt64(hint.number) - first : 0
        return IPv4Address(number: UInt32(first + (start + UInt64(count)) % (last - first)))
    }

    /// The first candidate, or `addresses-exhausted`.
    public func pick(from hint: IPv4Address? = nil, held: Set<IPv4Address>) throws(CloudError) -> IPv4Address {
        for candidate in candidates(from: hint, held: held) { return candidate }
        throw CloudError(.addressesExhausted, ["network": network.description, "size": String(size)])
    }

    private func isInner(_ address: IPv4Address) -> Bool {
        network.contains(address) && address != network.base && address != network.broadcast
    }
}

extension FabricNetwork {
    /// The pool of the network's addresses.
    public var pool: AddressPool { AddressPool(network: ipv4, gateway: gateway) }

    /// The IPv6 address that goes with an IPv4 one: the prefix, then the IPv4's last three bytes, their decimal digits read as
    /// hexadecimal, then zero: 10.9.1.53 is `…:9:1:53:0` (as in CIRCLE). Nil where the network has no prefix.
    public func ipv6(of address: IPv4Address) -> IPv6Address? {
        guard let ipv6Prefix else { return nil }
        let digits = address.bytes.dropFirst().map { UInt16($0 / 100) << 8 | UInt16($0 / 10 % 10) << 4 | UInt16($0 % 10) }
        return IPv6Address(groups: ipv6Prefix.groups[..<4] + digits + [0])
    }
}
