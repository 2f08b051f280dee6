// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Testing

@testable import CloudOperations

@Suite("What is given to a port is nobody else's")
struct AddressingTests {
    private let ports = (one: ID<PortKind>(bits: 1, 1), two: ID<PortKind>(bits: 2, 2))
    private let instances = (first: ID<InstanceKind>(bits: 1, 1), second: ID<InstanceKind>(bits: 2, 2))

    @Test("a port whose MAC address another one has takes its next, and keeps address and label")
    func clash() async throws {
        let site = try await Site()
        let (one, two) = ports
        let (first, second) = instances
        let (port, again) = try await site.cloud.world.store.write { tx in
            let network = try #require(try tx.networks.all().first).id
            let foreign = try tx.takePort(one, of: first, in: network, label: DNSLabel(of: first))
            #expect(foreign.mac == MACAddress(of: one))
            try tx.ports.change(one) { $0.mac = MACAddress(of: two) }
            let port = try tx.takePort(two, of: second, in: network, label: DNSLabel(of: second))
            return (port, try tx.ports.get(two))
        }
        #expect(port == again)
        #expect(port.mac == MACAddress(of: two, attempt: 1) && port.mac != MACAddress(of: two))
        #expect(port.mac.bytes[0] == 2, "locally administered, of one machine")
        #expect(port.label == DNSLabel(of: second))
    }

    @Test("a port whose every MAC address is taken is refused, and nothing is stored")
    func clashes() async throws {
        let site = try await Site()
        let two = ports.two
        let (first, second) = instances
        let store = site.cloud.world.store
        let network = try #require(try await store.read { try $0.networks.all().first }).id
        try await store.write { tx in
            for attempt in 0..<4 {
                let id = ID<PortKind>(bits: 9, UInt64(attempt))
                _ = try tx.takePort(id, of: first, in: network, label: try DNSLabel("n\(attempt)"))
                try tx.ports.change(id) { $0.mac = MACAddress(of: two, attempt: attempt) }
            }
        }
        let before = try await store.dump()
        await #expect {
            try await store.write { _ = try $0.takePort(two, of: second, in: network, label: DNSLabel(of: second)) }
        } throws: { ($0 as? CloudError)?.code == .internalFault }
        #expect(try await store.dump() == before)
    }

    @Test("a label of the network is taken once")
    func label() async throws {
        let site = try await Site()
        let (one, two) = ports
        let (first, second) = instances
        await #expect {
            try await site.cloud.world.store.write { tx in
                let network = try #require(try tx.networks.all().first).id
                for (id, instance) in [(one, first), (two, second)] {
                    _ = try tx.takePort(id, of: instance, in: network, label: DNSLabel(of: first))
                }
            }
        } throws: { ($0 as? CloudError)?.code == .hostnameTaken }
    }

    /// Whoever does as the advice says gets on: also where the machine's own name is taken by its first port, and a long name is cut.
    @Test("what is proposed for a label that is taken is free", arguments: ["lab", String(repeating: "a", count: 63)])
    func proposal(text: String) async throws {
        let site = try await Site()
        let store = site.cloud.world.store
        let network = try #require(try await store.read { try $0.networks.all().first }).id
        let instance = instances.first
        func take(_ number: UInt64, _ label: DNSLabel) async throws {
            try await store.write { _ = try $0.takePort(ID(bits: 5, number), of: instance, in: network, label: label) }
        }
        try await take(0, DNSLabel(of: instance))
        try await take(1, DNSLabel(text))
        for number in 2...100 as ClosedRange<UInt64> {
            let refusal = await #expect(throws: CloudError.self) { try await take(number, DNSLabel(text)) }
            let proposal = try DNSLabel(try #require(refusal?.parameters["proposal"]))
            #expect(refusal?.code == .hostnameTaken && (number == 100 || proposal.text == "\(text.prefix(60))-\(number)"))
            try await take(number, proposal)
        }
    }
}
