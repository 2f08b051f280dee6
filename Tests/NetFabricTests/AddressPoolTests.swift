// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabric
import Testing

@Suite struct AddressPoolTests {
    // Never network, broadcast, gateway or held; each of the others exactly once; in order from the hint.
    @Test(arguments: [8, 16, 24, 28, 29, 30], [nil, 0, 1, 5, 300, 70_000] as [UInt32?])
    func givesEachFreeAddressOnce(length: Int, hint: UInt32?) throws {
        let network = try #require(IPv4Network(base: IPv4Address(number: 0x0A00_0000), prefixLength: length))
        let gateway = IPv4Address(number: network.base.number + 1)
        let pool = AddressPool(network: network, gateway: gateway)
        let held: Set<IPv4Address> = [IPv4Address(number: network.base.number + 2)]
        let start = hint.map { IPv4Address(number: network.base.number + $0) }
        let seen = Array(pool.candidates(from: start, held: held).prefix(100_000))
        #expect(Set(seen).count == seen.count)
        #expect(seen.allSatisfy { network.contains($0) && $0 != network.base && $0 != network.broadcast && $0 != gateway })
        #expect(!seen.contains { held.contains($0) })
        if length >= 16 { #expect(seen.count == min(pool.size - 1, 100_000)) }
        if let start, let first = seen.first, network.contains(start), start != network.base, start < network.broadcast,
            start != gateway, !held.contains(start)
        {
            #expect(first == start)
        }
    }

    @Test(arguments: [31, 32])
    func aNetworkWithoutRoomGivesNothing(length: Int) throws {
        let network = try #require(IPv4Network(base: IPv4Address(number: 0x0A00_0000), prefixLength: length))
        let pool = AddressPool(network: network, gateway: network.base)
        #expect(pool.size == 0)
        #expect(Array(pool.candidates()).isEmpty)
    }

    @Test func anEmptyPoolSaysSo() throws {
        let network = try Samples.network("10.9.1.0/30")
        let last = try network.pool.pick(held: [])
        #expect(last.description == "10.9.1.2")
        #expect(throws: CloudError(.addressesExhausted, ["network": "10.9.1.0/30", "size": "1"])) {
            try network.pool.pick(held: [last])
        }
    }

    @Test func ipv6FollowsIPv4() throws {
        let network = try Samples.network()
        for (four, six) in [("10.9.1.53", "2001:db8:7:1:9:1:53:0"), ("10.9.1.253", "2001:db8:7:1:9:1:253:0")] {
            #expect(network.ipv6(of: try #require(IPv4Address(four))) == IPv6Address(six))
        }
        #expect(try Samples.network(prefix: nil).ipv6(of: network.gateway) == nil)
        // No two addresses of a network share one.
        let all = (0..<65_536).compactMap { network.ipv6(of: IPv4Address(number: 0x0A09_0000 + $0)) }
        #expect(Set(all).count == 65_536)
    }

    @Test(arguments: [
        ("10.7.0.0/16", "10.7.0.2", "10.7.96.0"), ("10.7.0.0/16", "10.7.200.0", "10.7.40.0"), ("10.7.0.0/29", "10.7.0.6", "10.7.0.1"),
    ])
    func aHintGoesRound(_ text: String, _ from: String, _ to: String) throws {
        let network = try #require(IPv4Network(text))
        let pool = AddressPool(network: network, gateway: try #require(IPv4Address("10.7.0.1")))
        let hint = pool.hint(pool.size * 3 / 8, beyond: try #require(IPv4Address(from)))
        #expect(hint.description == to)
        #expect(pool.hint(0, beyond: hint) == hint)
    }
}
