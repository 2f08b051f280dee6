// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Testing

@Suite struct AddressesTests {
    /// Addresses are stored, and guests are known by them: the derivation may never change.
    @Test func aPortsAddressIsTheSameForEver() throws {
        let port = try #require(ID<PortKind>("port-1"))
        #expect(MACAddress(of: port).description == "02:d1:10:5a:62:b3")
        #expect(MACAddress(of: port, attempt: 1).description == "02:b4:87:cc:d5:12")
        #expect(MACAddress(of: port) == MACAddress(of: port, attempt: 0))
    }

    @Test func attemptsGiveOtherAddressesEachLocallyAdministered() throws {
        let port = try #require(ID<PortKind>("port-1"))
        let addresses = (0..<100).map { MACAddress(of: port, attempt: $0) }
        #expect(Set(addresses).count == 100)
        #expect(addresses.allSatisfy { $0.bytes[0] == 0x02 })
    }
}
