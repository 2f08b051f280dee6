// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import NetFabric
import Synchronization

/// A host's network without a host: the simulated twin of ``NetFabric/FabricAbilities``, under the same rules as the real one.
///
/// An effect is made in two halves, because a real one can be cut there: of a port first the filter, then tap, switch and link; of
/// a network first the gateway, then names and rules. The fault hook is asked before and after the whole, as `port.ensure`, and
/// after the first half, as `port.ensure.half`. Nothing is acknowledged before
/// `onChange` has kept the new state; where it throws, the state is as before. Calls do not wait for each other; a newer command
/// that comes in amid an older one wins by its fence or serial, as on the real host.
public final class SimulatedFabric {
    private let state: Mutex<State>
    private let faults: FaultHook
    private let onChange: @Sendable (State) throws -> Void

    /// A simulated host's network.
    /// - Parameters:
    ///   - state: what is there at first; a kept one continues where it was.
    ///   - faults: asked around each call; the calls are `port.ensure`, `port.remove`, `network.apply`, `network.remove`, each also
    ///     with `.half` (`after` only), and `port.observe`, `network.observe`, `fabric.health`, `fabric.inventory`.
    ///   - onChange: keeps the state; called before an effect is acknowledged, one call at a time.
    public init(
        state: State = State(),
        faults: @escaping FaultHook = { _, _, _ in },
        onChange: @escaping @Sendable (State) throws -> Void = { _ in }
    ) {
        self.state = Mutex(state)
        self.faults = faults
        self.onChange = onChange
    }

    /// The whole state now.
    public func snapshot() -> State { state.withLock { $0 } }

    /// The host loses its power and comes back: flows, taps, gateways, names and rules are gone, and what the switch keeps in its records is
    /// not. What was done is remembered.
    public func rebootHost() throws {
        try alter { state in
            state.parts.ports = state.parts.ports.mapValues { port in
                var left = Port()
                left.tag = port.tag
                return left
            }
            state.parts.networks = state.parts.networks.mapValues { Network(picture: $0.picture) }
        }
    }

    /// Changes the host behind everyone's back: drift, a reboot, a dead daemon. Kept through `onChange` like any effect.
    public func alter<Result: Sendable>(_ change: @Sendable (inout State) throws -> Result) throws -> Result {
        try state.withLock { state in
            var next = state
            let result = try change(&next)
            if next != state { try onChange(next) }
            state = next
            return result
        }
    }
}

// MARK: Ports

extension SimulatedFabric: PortFilter {
    /// As ``PortFilter/ensure(_:_:)``.
    public func ensure(_ port: FabricPort, _ command: Command) async throws {
        try await effect("port.ensure", port.id.text, command) {
            try port.check()
            guard try $0.ledger.admit(command, on: port.id.text) == .fresh else { return false }
            if let other = $0.parts.ports[port.device]?.filter, other.id != port.id {
                throw CloudError(.nameTaken, ["name": port.device, "proposal": ""], detail: "the device belongs to \(other.id)")
            }
            $0.parts.ports[port.device, default: Port()].filter = port
            $0.parts.ports[port.device]?.driftedFlows = 0
            return true
        } rest: {
            guard try $0.ledger.admit(command, on: port.id.text) == .fresh else { return }
            var made = Port()
            (made.filter, made.hasTap, made.tag, made.isUp, made.isMuted) = (port, true, port.vlan, true, true)
            $0.parts.ports[port.device] = made
            $0.ledger.done(command, on: port.id.text)
        }
    }

    /// As ``PortFilter/remove(_:_:)``.
    public func remove(_ port: FabricPort, _ command: Command) async throws {
        try await effect("port.remove", port.id.text, command) {
            guard try $0.ledger.admit(command, on: port.id.text) == .fresh else { return false }
            guard let found = $0.parts.ports[port.device], found.filter.map({ $0.id == port.id }) ?? true else { return true }
            var stripped = Port()
            stripped.filter = found.filter
            $0.parts.ports[port.device] = stripped
            return true
        } rest: {
            guard try $0.ledger.admit(command, on: port.id.text) == .fresh else { return }
            if $0.parts.ports[port.device]?.filter.map({ $0.id == port.id }) ?? true { $0.parts.ports[port.device] = nil }
            $0.ledger.done(command, on: port.id.text, isGone: true, keeping: State.goneKept)
        }
    }

    /// As ``PortFilter/observe(_:)``.
    public func observe(_ port: FabricPort) async throws -> Evidence<FabricPort> {
        try await look("port.observe", port.id.text) {
            guard let found = $0.parts.ports[port.device], found.isFiltered(as: port), found.isConnected(as: port) else { return .absent }
            return .present(port)
        }
    }
}

// MARK: Networks

extension SimulatedFabric: NetworkServices {
    /// As ``NetworkServices/apply(_:_:)``.
    public func apply(_ picture: NetworkPicture, _ command: Command) async throws -> Int64 {
        let id = picture.network.id.text
        let (subject, command) = (command.subject(on: id), command.step("\(command.step)@\(picture.serial)"))
        return try await effect("network.apply", id, command) {
            let sound = try picture.sound()
            guard try $0.ledger.admit(command, on: subject) == .fresh else { return false }
            var network = $0.parts.networks[id] ?? Network(picture: sound)
            guard network.picture.serial <= sound.serial else { return true }
            network.picture = sound
            network.gateway = sound.network
            $0.parts.networks[id] = network
            return true
        } rest: {
            let admission = try $0.ledger.admit(command, on: subject)
            if case .repeat(let result) = admission { return $0.parts.networks[id]?.picture.serial ?? Int64(result) ?? picture.serial }
            var network = try $0.parts.networks[id] ?? Network(picture: picture.sound())
            if network.picture.serial <= picture.serial {
                network.named = network.picture.ports
                network.answers = true
                network.forwards = network.picture.forwards
                $0.parts.networks[id] = network
            }
            // What is remembered is of the run and not of the network, and a run ends.
            $0.ledger.done(command, on: subject, result: String(network.picture.serial), isGone: true, keeping: State.goneKept)
            return network.picture.serial
        }
    }

    /// As ``NetworkServices/remove(_:_:)``.
    public func remove(_ network: ID<NetworkKind>, _ command: Command) async throws {
        let subject = command.subject(on: network.text)
        try await effect("network.remove", network.text, command) {
            guard try $0.ledger.admit(command, on: subject) == .fresh else { return false }
            $0.parts.networks[network.text]?.answers = false
            $0.parts.networks[network.text]?.named = []
            $0.parts.networks[network.text]?.forwards = nil
            return true
        } rest: {
            guard try $0.ledger.admit(command, on: subject) == .fresh else { return }
            $0.parts.networks[network.text] = nil
            $0.ledger.done(command, on: subject, isGone: true, keeping: State.goneKept)
        }
    }

    /// As ``NetworkServices/observe(_:)``.
    public func observe(_ network: ID<NetworkKind>) async throws -> Evidence<AppliedNetwork> {
        try await look("network.observe", network.text) {
            guard let found = $0.parts.networks[network.text], found.gateway != nil else { return .absent }
            return .present(AppliedNetwork(serial: found.picture.serial, intact: found.isIntact))
        }
    }
}

// MARK: Inventory

extension SimulatedFabric: FabricInventory {
    /// As ``FabricInventory/inventory(against:)``.
    public func inventory(against due: [FabricPort]) async throws -> FabricContents {
        try await look("fabric.inventory", "") { state in
            let ports = state.parts.ports
            let networks = state.parts.networks
            let due = Dictionary(due.map { ($0.device, $0) }, uniquingKeysWith: { first, _ in first })
            let there = ports.filter { $0.value.hasTap || $0.value.tag != nil }
            return FabricContents(
                devices: there.keys.sorted(),
                broken: there.filter { !$0.value.isConnected(as: due[$0.key]) }.keys.sorted(),
                networks: networks.keys.sorted(),
                dhcpHosts: networks.values.flatMap { $0.named.map(\.mac) }.sorted(),
                forwards: networks.values.flatMap { $0.forwards ?? [] }.inOrder,
                filtered: ports.filter { $0.value.isFiltered(as: due[$0.key]) }.keys.sorted())
        }
    }
}

extension SimulatedFabric: FabricHealth {
    /// As ``FabricHealth/health()``: the switch answers, and knows the datapath that is used.
    public func health() async throws -> [HostFinding] {
        try await look("fabric.health", "") { _ in [HostFinding(.datapath, .fine, ["types": "netdev"]), HostFinding(.switching, .fine)] }
    }
}

// MARK: Commands

extension Command {
    /// Under what the host remembers a command on a network. Many instances' runs change one network, and their fences have nothing
    /// to do with each other; pictures are ordered by their serials instead. So fences are compared within one run only.
    fileprivate func subject(on network: String) -> String { "\(network)/\(run)" }
    /// The same command under another step: a picture of a later serial is a command of its own.
    fileprivate func step(_ step: String) -> Command { Command(run: run, step: step, fence: fence) }
}

// MARK: Halves

extension SimulatedFabric {
    /// One effect with its fault points. `half` says whether a second half is due; a repeat has none.
    private func effect<Result: Sendable>(
        _ call: String, _ subject: String, _ command: Command, half: @escaping @Sendable (inout State) throws -> Bool,
        rest: @escaping @Sendable (inout State) throws -> Result
    ) async throws -> Result {
        let copy = CommandCopy(of: command) {
            _ = try self.alter(half)
            _ = try self.alter(rest)
        }
        return try await CommandCopy.$current.withValue(copy) {
            try await faults(call, subject, .before)
            if try alter(half) { try await faults(call + ".half", subject, .after) }
            let result = try alter(rest)
            try await faults(call, subject, .after)
            return result
        }
    }

    private func look<Result: Sendable>(_ call: String, _ subject: String, _ read: @Sendable (State) -> Result) async throws -> Result {
        try await faults(call, subject, .before)
        let result = read(snapshot())
        try await faults(call, subject, .after)
        return result
    }
}
