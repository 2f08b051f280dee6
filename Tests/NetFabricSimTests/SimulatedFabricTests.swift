// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import NetFabric
import NetFabricSim
import Synchronization
import Testing

@Suite struct SimulatedFabricTests {
    @Test(arguments: NetFabricContract.all.indices, [false, true])
    func keepsTheContract(check: Int, throughJSON: Bool) async throws {
        let fabric = SimulatedFabric()
        let contract = NetFabricContract(throughJSON ? LoopbackFabric(fabric) : fabric)
        try await contract.run(NetFabricContract.all[check])
        #expect(fabric.snapshot().parts == SimulatedFabric.Parts())
    }

    @Test(arguments: NetFabricContract.PortDrift.allCases, [false, true])
    func tellsWhichPortDrifted(drift: NetFabricContract.PortDrift, throughJSON: Bool) async throws {
        let fabric = SimulatedFabric()
        try await NetFabricContract(throughJSON ? LoopbackFabric(fabric) : fabric).run(drift) { port in
            try fabric.alter { state in
                switch drift {
                case .flow: state.parts.ports[port.device]?.driftedFlows = 1
                case .vlan: state.parts.ports[port.device]?.tag = 9
                case .link: state.parts.ports[port.device]?.isUp = false
                case .ingress: state.parts.ports[port.device]?.isMuted = false
                }
            }
        }
        #expect(fabric.snapshot().parts == SimulatedFabric.Parts())
    }

    @Test func allChecksPassOnOneHost() async throws {
        let fabric = SimulatedFabric()
        for (number, check) in NetFabricContract.all.enumerated() {
            try await NetFabricContract(fabric, salt: "run\(number)").run(check)
        }
        #expect(fabric.snapshot().parts == SimulatedFabric.Parts())
    }

    // A cut at any point of any effect, then the same command again: the state is that of the uncut call, and no port is ever up
    // without its filter in between (I5).
    @Test(arguments: ["port.ensure", "port.remove", "network.apply", "network.remove"])
    func aCutIsHealedByTheSameCommand(call: String) async throws {
        for (suffix, phase) in [("", EffectPhase.before), (".half", .after), ("", .after)] {
            let armed = Mutex(true)
            let fabric = SimulatedFabric(faults: { name, _, at in
                guard name == call + suffix, at == phase, armed.withLock({ $0 }) else { return }
                armed.withLock { $0 = false }
                throw OutcomeUnknown("cut at \(name)")
            })
            let uncut = SimulatedFabric()
            for step in 0..<4 {
                try await Self.story(step, on: uncut)
                do { try await Self.story(step, on: fabric) } catch is OutcomeUnknown {
                    #expect(fabric.snapshot().parts.violations == [])
                    try await Self.story(step, on: fabric)
                }
                #expect(fabric.snapshot() == uncut.snapshot(), "step \(step) cut at \(call)\(suffix) \(phase)")
            }
            #expect(!armed.withLock { $0 }, "\(call)\(suffix) \(phase) was never reached")
        }
    }

    @Test func nothingIsAcknowledgedThatWasNotKept() async throws {
        struct Full: Error {}
        let fabric = SimulatedFabric(onChange: { _ in throw Full() })
        await #expect(throws: Full.self) { try await Self.story(0, on: fabric) }
        #expect(fabric.snapshot() == SimulatedFabric.State())
    }

    @Test func aKeptStateGoesOn() async throws {
        let kept = Mutex(Data())
        let first = SimulatedFabric(onChange: { state in
            let data = try JSONEncoder().encode(state)
            kept.withLock { $0 = data }
        })
        try await Self.story(0, on: first)
        try await Self.story(1, on: first)
        let state = try JSONDecoder().decode(SimulatedFabric.State.self, from: kept.withLock { $0 })
        #expect(state == first.snapshot())
        let second = SimulatedFabric(state: state)
        #expect(try await second.observe(Self.port()) == .present(Self.port()))
        #expect(try await second.observe(Self.picture().network.id) == .present(AppliedNetwork(serial: 4, intact: true)))
    }

    @Test func driftIsSeen() async throws {
        let fabric = SimulatedFabric()
        try await Self.story(0, on: fabric)
        try await Self.story(1, on: fabric)
        let (port, network) = (try Self.port(), try Self.picture().network.id)
        try fabric.alter { $0.parts.networks[network.text]?.answers = false }
        #expect(try await fabric.observe(network) == .present(AppliedNetwork(serial: 4, intact: false)))
        try fabric.alter { $0.parts.ports[port.device]?.filter = nil }
        #expect(try await fabric.observe(port) == .absent)
        #expect(fabric.snapshot().parts.violations == ["I5: \(port.device) is up without a filter"])
        let repair = Command(run: try #require(ID("op-repair")), step: "again", fence: Fence(1))
        try await fabric.ensure(port, repair)
        _ = try await fabric.apply(Self.picture(), repair)
        #expect(try await fabric.observe(port) == .present(port))
        #expect(try await fabric.observe(network) == .present(AppliedNetwork(serial: 4, intact: true)))
    }

    @Test func aRebootLeavesNothingThatServes() async throws {
        let fabric = SimulatedFabric()
        try await Self.story(0, on: fabric)
        try await Self.story(1, on: fabric)
        let (port, network) = (try Self.port(), try Self.picture().network.id)
        try fabric.rebootHost()
        #expect(try await fabric.observe(port) == .absent)
        #expect(try await fabric.observe(network) == .absent)
        #expect(try await fabric.inventory(against: [port]).broken == [port.device], "the switch still has its records")
        let repair = Command(run: try #require(ID("op-repair")), step: "again", fence: Fence(1))
        try await fabric.ensure(port, repair)
        _ = try await fabric.apply(Self.picture(), repair)
        #expect(try await fabric.observe(port) == .present(port))
        #expect(try await fabric.observe(network) == .present(AppliedNetwork(serial: 4, intact: true)))
    }

    // MARK: A small story

    static func port() throws -> FabricPort {
        let id = try #require(ID<PortKind>("port-story"))
        return FabricPort(
            id: id, network: try #require(ID("net-story")), vlan: 7, mac: MACAddress(of: id), ipv4: try #require(IPv4Address("10.7.0.5")),
            ipv6: nil, label: try DNSLabel("vm-story"))
    }
    static func picture() throws -> NetworkPicture {
        let network = FabricNetwork(
            id: try #require(ID("net-story")), vlan: 7, ipv4: try #require(IPv4Network("10.7.0.0/24")),
            gateway: try #require(IPv4Address("10.7.0.1")), ipv6Prefix: nil, domain: "lab.test")
        return NetworkPicture(serial: 4, network: network, ports: [try port()], forwards: [])
    }
    static func story(_ step: Int, on fabric: SimulatedFabric) async throws {
        let run = try #require(ID<OperationKind>("op-story"))
        let command = Command(run: run, step: "step \(step)", fence: Fence(1))
        switch step {
        case 0: try await fabric.ensure(port(), command)
        case 1: _ = try await fabric.apply(picture(), command)
        case 2: try await fabric.remove(picture().network.id, command)
        default: try await fabric.remove(port(), command)
        }
    }
}
