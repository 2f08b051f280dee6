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

    @Test(arguments: [
        "0.0.0.0", "10.7.0.1", "255.255.255.255", "1.20.100.9",
    ]) func anIPv4AddressIsReadAsItIsWritten(text: String) throws {
        #expect(try #require(IPv4Address(text)).description == text)
        #expect(IPv4Address(Substring(text)) == IPv4Address(text))
    }

    @Test(arguments: [
        "", ".", "10", "10.7.0", "10.7.0.1.2", "10.7.0.256", "10.7.0.999", "10.7.0.1000", "10.07.0.1", "10.7.0.00", "10.7.0.", ".7.0.1",
        "10..0.1", "10.7.0.1 ", "+1.7.0.1", "a.7.0.1", "10.7.0.٣", "10.7.0.1\0",
    ]) func whatIsNoIPv4AddressIsRefused(text: String) { #expect(IPv4Address(text) == nil) }

    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("fd00:7::10", "fd00:7::10"), ("FD00:0007:0:0:0:0:0:A", "fd00:7::a"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
    ]) func anIPv6AddressIsReadAndWrittenInOneSpelling(text: String, spelling: String) throws {
        #expect(try #require(IPv6Address(text)).description == spelling)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1::", "1:2:3:4::5:6:7:8", ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:", "12345::", "::g", "::1%eth0", "::10.7.0.1", "1::2:", ":1::2",
        "0000:0000:0000:0000:0000:0000:0000:00000",
    ]) func whatIsNoIPv6AddressIsRefused(text: String) { #expect(IPv6Address(text) == nil) }

    @Test func aMACAddressIsSixPairs() throws {
        #expect(try #require(MACAddress("02:D1:10:5a:62:b3")).description == "02:d1:10:5a:62:b3")
        for text in [
            "", "02:d1:10:5a:62", "02:d1:10:5a:62:b3:00", "2:d1:10:5a:62:b3", "02:d1:10:5a:62:b", "02-d1-10-5a-62-b3", "02:d1:10:5a:62:g3",
            "02:d1:10:5a:62:b3:", ":02:d1:10:5a:62:b3", "02::10:5a:62:b3", "002:d1:10:5a:62:b3",
        ] {
            #expect(MACAddress(text) == nil, "\(text)")
        }
    }
}
