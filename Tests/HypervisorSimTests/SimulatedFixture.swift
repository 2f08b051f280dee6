// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Hypervisor
import HypervisorSim
import Synchronization

/// A clock that a test moves.
final class HandClock: WallClock {
    private let moment = Mutex(Timestamp(seconds: 1_800_000_000))
    func now() -> Timestamp { moment.withLock { $0 } }
    func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
}

/// What the contract suite needs of a simulated host.
final class SimulatedFixture: HypervisorFixture {
    let clock = HandClock()
    let host: SimulatedHypervisor
    private let ids = Mutex<UInt64>(0)
    let store = ID<StoreKind>(bits: 0, 1)
    let hasAgent = true
    let obeys = true

    init(faults: @escaping FaultHook = { _, _, _ in }, onChange: @escaping @Sendable (SimulatedHostState) throws -> Void = { _ in }) {
        host = SimulatedHypervisor(clock: clock, addresses: { _ in ["10.7.0.5"] }, faults: faults, onChange: onChange)
    }

    private func number() -> UInt64 {
        ids.withLock { number in
            number += 1
            return number
        }
    }

    func guest() throws -> GuestDescription {
        let port = ID<PortKind>(bits: 0, number())
        return GuestDescription(
            instance: ID(bits: 0, number()), title: try DisplayName("guest"), cpus: CPUCount(1), memory: .mebibytes(128),
            disks: [GuestDisk(disk: ID(bits: 0, number()), store: store)],
            ports: [GuestPort(port: port, mac: MACAddress(of: port), device: "tap0")])
    }
    func dataDisk() -> GuestDisk { GuestDisk(disk: ID(bits: 0, number()), store: store) }
    func port() -> GuestPort {
        let port = ID<PortKind>(bits: 0, number())
        return GuestPort(port: port, mac: MACAddress(of: port), device: "tap1")
    }
    func disk(on guest: GuestDescription) -> GuestDisk {
        GuestDisk(
            disk: ID(bits: 0, number()), store: store, image: guest.disks[0].image, layers: [guest.disks[0].disk] + guest.disks[0].layers)
    }
    func run() -> ID<OperationKind> { ID(bits: 1, number()) }
    func command(_ step: String = "step", fence: Int64 = 1) -> Command { Command(run: run(), step: step, fence: Fence(fence)) }

    func pass() { clock.advance(by: .milliseconds(200)) }
    func counter(of guest: GuestDescription) -> Int64? { host.counter(of: guest.instance, at: clock.now()) }
    func crash(_ guest: GuestDescription) throws { try host.crash(guest.instance) }
    func addStranger(named instance: ID<InstanceKind>) throws { try host.addStranger(instance.text) }
    func removeStranger(named instance: ID<InstanceKind>) throws -> Bool { try host.removeStranger(instance.text) }
}
