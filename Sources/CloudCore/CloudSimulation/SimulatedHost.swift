// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
import Foundation
import Hypervisor
import ImageStore
@_exported public import HypervisorSim
@_exported public import ImageStoreSim
import NetFabric
@_exported public import NetFabricSim
import Synchronization

/// A whole simulated host: machines, network and disks that know of each other. A guest answers on the network once it has booted and
/// its port is filtered and named.
public struct SimulatedHost: Sendable {
    /// Everything that the host is, to be compared and kept.
    public struct State: Codable, Equatable, Sendable {
        /// Machines.
        public var guests: SimulatedHypervisor.State
        /// Network.
        public var fabric: SimulatedFabric.State
        /// Disks.
        public var disks: SimulatedImageStore.State

        /// A host of a size, with nothing on it.
        public init(cpus: CPUCount = CPUCount(64), memory: ByteCount = .gibibytes(256), disk: ByteCount = .gibibytes(10_240)) {
            guests = SimulatedHypervisor.State(cpus: cpus, memory: memory)
            fabric = SimulatedFabric.State()
            disks = SimulatedImageStore.State(capacity: disk)
        }
    }

    /// Its machines.
    public let guests: SimulatedHypervisor
    /// Its network.
    public let fabric: SimulatedFabric
    /// Its disks.
    public let disks: SimulatedImageStore

    /// A host that goes on from a state.
    /// - Parameters:
    ///   - faults: asked around every call of every part.
    ///   - onChange: keeps the whole state before an effect is acknowledged.
    public init(
        state: State = State(), clock: any WallClock, bootTime: Duration = .seconds(3), faults: @escaping FaultHook = { _, _, _ in },
        onChange: @escaping @Sendable (State) throws -> Void = { _ in }
    ) {
        let whole = WholeState(state)
        let fabric = SimulatedFabric(state: state.fabric, faults: faults) { new in try whole.keep(onChange) { $0.fabric = new } }
        let addresses: @Sendable (MACAddress) -> [String] = { mac in
            fabric.snapshot().parts.networks.values.flatMap(\.named).filter { $0.mac == mac }
                .flatMap { [$0.ipv4.description] + ($0.ipv6.map { [$0.description] } ?? []) }
        }
        // The store asks the guests for their memories and seeds, the guests tell the store what grew: both are told by the last state
        // kept.
        let disks = SimulatedImageStore(
            state: state.disks, onChange: { new in try whole.keep(onChange) { $0.disks = new } }, faults: faults,
            memories: { whole.memories }, checkpoints: { whole.checkpoints }, seeds: { whole.seeds },
            remnants: { whole.remnants })
        guests = SimulatedHypervisor(
            state: state.guests, clock: clock, bootTime: bootTime, shutdownTime: min(bootTime, .seconds(2)), addresses: addresses,
            grew: { disk, size in
                try disks.intervene { state in
                    guard let there = state.disks[disk], there.virtualSize < size else { return }
                    state.disks[disk] = OverlayDescription(disk: disk, base: there.base, virtualSize: size)
                }
            }, faults: faults
        ) { new in try whole.keep(onChange) { $0.guests = new } }
        self.fabric = fabric
        self.disks = disks
    }

    /// All that the host is now.
    public func snapshot() -> State {
        var state = State()
        (state.guests, state.fabric, state.disks) = (guests.snapshot(), fabric.snapshot(), disks.snapshot())
        return state
    }

    /// It loses its power and comes back: machines are off, what is in memory is gone, of the network all that is in no file. What was
    /// acknowledged is on its disks.
    public func losePower() throws {
        try guests.rebootHost()
        try fabric.rebootHost()
    }

    /// The host as a world reaches for it.
    public var parts: HostParts { HostParts(guests: guests, fabric: fabric, disks: disks, probe: SimulatedProbe(host: self)) }

    /// A host that lives in one file: it goes on from what the file holds, and an effect is acknowledged once it is in it. Throws where
    /// the file cannot be read as such.
    public static func kept(in file: String, new: State = State(), clock: any WallClock, bootTime: Duration) throws -> SimulatedHost {
        let place = HostFile(path: file)
        try place.clear()
        let known: State?
        do { known = try place.read().map { try JSONDecoder().decode(State.self, from: $0) } } catch let error as DecodingError {
            throw CloudError(.unavailable, ["part": file], detail: "it is no state of a simulated host: \(error)")
        }
        return SimulatedHost(
            state: known ?? new, clock: clock, bootTime: bootTime, onChange: { try place.write(try JSONEncoder().encode($0)) })
    }
}

/// The last state of each part, put together.
private final class WholeState: Sendable {
    private let state: Mutex<SimulatedHost.State>
    init(_ state: SimulatedHost.State) { self.state = Mutex(state) }

    /// Whose memories can be woken from.
    var memories: [ID<InstanceKind>] {
        state.withLock { $0.guests.memories.values.flatMap { $0.filter { !$0.value.spent }.keys }.sorted() }
    }

    /// What no guest wakes from: memory that is spent, and what a suspend wrote that was cut off. Named as libvirt's host has them.
    var remnants: [String] {
        state.withLock { state in
            let spent = state.guests.memories.values.flatMap { $0.filter(\.value.spent).keys }
            let partial = state.guests.partials.values.flatMap(\.keys)
            return spent.map { "memory/\($0).spent" } + partial.map { "memory/\($0).partial" }
        }
    }

    /// The checkpoints whose memories are saved.
    var checkpoints: [ID<CheckpointKind>] { state.withLock { $0.guests.checkpoints.keys.sorted() } }

    /// Whose seeds are there.
    var seeds: [ID<InstanceKind>] { state.withLock { $0.guests.seeds.values.flatMap(\.keys).sorted() } }

    func keep(_ onChange: @Sendable (SimulatedHost.State) throws -> Void, _ change: (inout SimulatedHost.State) -> Void) throws {
        try state.withLock { state in
            var next = state
            change(&next)
            try onChange(next)
            state = next
        }
    }
}

/// Answers for guests that have booted behind a filtered, named port.
struct SimulatedProbe: PortProbe {
    let host: SimulatedHost

    func answers(_ address: IPv4Address, port: UInt16, on network: ID<NetworkKind>) async throws -> Bool {
        let parts = host.fabric.snapshot().parts
        guard let named = parts.networks[network.text]?.named.first(where: { $0.ipv4 == address }), parts.ports[named.device]?.isUp == true
        else { return false }
        let guest = host.guests.snapshot().guests.values.first { $0.description.ports.contains { $0.mac == named.mac } }
        return guest.map { host.guests.hasBooted($0.description.instance) } ?? false
    }
}
