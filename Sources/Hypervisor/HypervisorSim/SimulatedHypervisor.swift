// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor
import Synchronization

/// A host that runs machines in name only: the simulated twin of a hypervisor.
///
/// It keeps to the same contract as a real one (fences, repeats, evidence, changes) and models what goes wrong: guests that need
/// time to boot, crash, shut themselves down or do not obey, agents that hang, hosts that reboot or cannot be reached, domains of
/// others. It has no capacity of its own to refuse with: capacity is the business of whoever places. Guests stand in memory; they
/// outlive the process where ``init(state:clock:bootTime:shutdownTime:addresses:faults:onChange:)`` is given a hook that keeps
/// them and a state that was kept.
public final class SimulatedHypervisor: HypervisorAbilities {
    /// What the host knows.
    public typealias State = SimulatedHostState

    let clock: any WallClock
    let bootTime: Duration
    let shutdownTime: Duration
    let addressesOf: @Sendable (MACAddress) -> [String]
    private let faults: FaultHook
    private let onChange: @Sendable (State) throws -> Void
    private let state: Mutex<State>

    /// A simulated host.
    /// - Parameters:
    ///   - state: what it knows at first; a kept one continues where it was.
    ///   - clock: the time by which guests boot and count.
    ///   - bootTime: how long a guest's processors run before its agent and its addresses are there.
    ///   - shutdownTime: how long a guest that obeys needs to shut down.
    ///   - addresses: what the network gives to a card, as its guest's agent will tell it; the link-local address comes by itself.
    ///   - faults: asked around each call; the calls are `power.start`, `power.off`, `power.ask-to-shut-down`, `memory.suspend`,
    ///     `memory.wake`, `memory.discard`, `guest.observe`, `memory.observe`, `host.report`, `host.changes`, `agent.ping`,
    ///     `agent.addresses`, `agent.set-clock`, `agent.authorize`.
    ///   - onChange: keeps the state; called before an effect is acknowledged, one call at a time. Where it throws, the effect did
    ///     not happen and the caller gets what was thrown.
    public init(
        state: State = State(),
        clock: any WallClock,
        bootTime: Duration = .seconds(3),
        shutdownTime: Duration = .seconds(2),
        addresses: @escaping @Sendable (MACAddress) -> [String] = { _ in [] },
        faults: @escaping FaultHook = { _, _, _ in },
        onChange: @escaping @Sendable (State) throws -> Void = { _ in }
    ) {
        self.state = Mutex(state)
        self.clock = clock
        self.bootTime = bootTime
        self.shutdownTime = shutdownTime
        self.addressesOf = addresses
        self.faults = faults
        self.onChange = onChange
    }

    /// All that the host knows now.
    public func snapshot() -> State { state.withLock { $0 } }

    /// The counter that the guest writes on its console: whole seconds that its processors ran since its fresh start. It goes on
    /// over suspend and wake. Nil where there is no domain.
    public func counter(of instance: ID<InstanceKind>, at now: Timestamp) -> Int64? {
        state.withLock { $0.guests[instance]?.running(at: now).components.seconds }
    }
}

// MARK: How calls reach the state

extension SimulatedHypervisor {
    /// Changes the state, keeps it, and only then lets it be seen. Time that passed is settled first.
    @discardableResult
    func change<Value>(_ body: (inout State, Timestamp) throws -> Value) throws -> Value {
        let now = clock.now()
        return try state.withLock { current in
            var next = current
            next.settle(at: now)
            let value = try body(&next, now)
            if next != current {
                try onChange(next)
                current = next
            }
            return value
        }
    }

    /// A call that changes nothing but what time changed.
    func read<Value: Sendable>(
        _ call: String,
        _ subject: String,
        _ body: @Sendable (inout State, Timestamp) throws -> Value
    ) async throws -> Value {
        try await faults(call, subject, .before)
        let value = try change { state, now in
            try state.mustBeReachable()
            return try body(&state, now)
        }
        try await faults(call, subject, .after)
        return value
    }

    /// A command: judged by the ledger, carried out once. A refusal leaves nothing but the fence behind.
    func effect(
        _ call: String,
        on instance: ID<InstanceKind>,
        _ command: Command,
        _ body: @Sendable (inout State, Timestamp) throws(CloudError) -> Void
    ) async throws {
        try await faults(call, instance.text, .before)
        let refusal: CloudError? = try change { state, now in
            try state.mustBeReachable()
            guard case .fresh = try state.ledger.admit(command, on: instance.text) else { return nil }
            var next = state
            do throws(CloudError) { try body(&next, now) } catch { return error }
            let isGone = next.guests[instance] == nil && !next.memories.values.contains { $0[instance] != nil }
            next.ledger.done(command, on: instance.text, isGone: isGone, keeping: State.goneKept)
            state = next
            return nil
        }
        if let refusal { throw refusal }
        try await faults(call, instance.text, .after)
    }
}

extension SimulatedHostState {
    func mustBeReachable() throws(CloudError) {
        guard reachable else { throw CloudError(.hostUnreachable, ["host": "simulated"]) }
    }

    func mustNotBeForeign(_ instance: ID<InstanceKind>) throws(CloudError) {
        guard strangers.contains(instance.text) else { return }
        throw CloudError(.nameTaken, ["name": instance.text, "proposal": ""], detail: "a domain that is not ours has the name")
    }

    mutating func note(_ instance: ID<InstanceKind>) {
        changes += 1
        changed[instance] = changes
    }

    /// Lets the guests that were asked to shut down, and whose time has come, be off.
    mutating func settle(at now: Timestamp) {
        let due = leaving.filter { $0.value <= now }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        for (instance, moment) in due { stand(instance, .off, at: moment) }
    }

    /// Stops a guest's processors; its domain stays.
    mutating func stand(_ instance: ID<InstanceKind>, _ power: GuestSighting.Power, at now: Timestamp) {
        if power != .paused { leaving[instance] = nil }
        guests[instance]?.stand(power, at: now)
        note(instance)
    }

    /// Takes a domain away.
    mutating func undefine(_ instance: ID<InstanceKind>) {
        leaving[instance] = nil
        guests[instance] = nil
        note(instance)
    }

    func sighting(of instance: ID<InstanceKind>) -> GuestSighting {
        GuestSighting(instance: instance, power: guests[instance]?.power ?? .absent, fence: ledger.fence(of: instance.text))
    }
}
