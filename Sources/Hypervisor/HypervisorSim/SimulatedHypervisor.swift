// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor
import Synchronization

/// A host that runs machines in name only: the simulated twin of a hypervisor.
///
/// It keeps to the same contract as a real one (fences, repeats, evidence, changes) and models what goes wrong: guests that need
/// time to boot, crash, shut themselves down or do not obey, agents that hang, hosts that reboot or cannot be reached, domains of
/// others. It has no capacity of its own to refuse with: capacity is the business of whoever places. Guests stand in memory; they
/// outlive the process where ``init(state:clock:bootTime:shutdownTime:addresses:grew:faults:onChange:)`` is given a hook that keeps
/// them and a state that was kept.
public final class SimulatedHypervisor: HypervisorAbilities {
    /// What the host knows.
    public typealias State = SimulatedHostState

    let clock: any WallClock
    let bootTime: Duration
    let shutdownTime: Duration
    let addressesOf: @Sendable (MACAddress) -> [String]
    let grew: @Sendable (ID<DiskKind>, ByteCount) throws -> Void
    private let faults: FaultHook
    private let onChange: @Sendable (State) throws -> Void
    private let state: Mutex<State>
    let consoles = SimulatedOpenConsoles()

    /// A simulated host.
    /// - Parameters:
    ///   - state: what it knows at first; a kept one continues where it was.
    ///   - clock: the time by which guests boot and count.
    ///   - bootTime: how long a guest's processors run before its agent and its addresses are there.
    ///   - shutdownTime: how long a guest that obeys needs to shut down, or to go down for a reboot.
    ///   - addresses: what the network gives to a card, as its guest's agent will tell it; the link-local address comes by itself.
    ///   - grew: told when a guest's disk was made larger, for its store keeps the sizes. May be told twice.
    ///   - faults: asked around each call; the calls are `disk.attach`, `disk.detach`, `disk.grow`, `disk.list`, `disk.turn`, `port.attach`, `port.detach`, `port.list`, `power.start`,
    ///     `power.off`, `power.ask-to-shut-down`, `power.pause`, `power.resume`, `power.reset`, `power.ask-to-reboot`, `memory.suspend`,
    ///     `memory.wake`, `memory.discard`, `memory.recall`, `guest.observe`, `guest.work`, `guest.screenshot`, `memory.observe`, `host.health`, `host.report`, `host.changes`,
    ///     `agent.ping`, `agent.addresses`, `agent.set-clock`, `agent.authorize`, `agent.set-password`, `agent.leave-note`, `seed.ensure`, `seed.remove`,
    ///     `seed.observe`, `console.list`, `console.open`.
    ///   - onChange: keeps the state; called before an effect is acknowledged, one call at a time. Where it throws, the effect did
    ///     not happen and the caller gets what was thrown.
    public init(
        state: State = State(),
        clock: any WallClock,
        bootTime: Duration = .seconds(3),
        shutdownTime: Duration = .seconds(2),
        addresses: @escaping @Sendable (MACAddress) -> [String] = { _ in [] },
        grew: @escaping @Sendable (ID<DiskKind>, ByteCount) throws -> Void = { _, _ in },
        faults: @escaping FaultHook = { _, _, _ in },
        onChange: @escaping @Sendable (State) throws -> Void = { _ in }
    ) {
        self.state = Mutex(state)
        self.clock = clock
        self.bootTime = bootTime
        self.shutdownTime = shutdownTime
        self.addressesOf = addresses
        self.grew = grew
        self.faults = faults
        self.onChange = onChange
    }

    /// All that the host knows now.
    public func snapshot() -> State { state.withLock { $0 } }

    /// Whether the guest runs and has booted: from then on it answers on its network, whatever its agent does.
    public func hasBooted(_ instance: ID<InstanceKind>) -> Bool {
        let now = clock.now()
        return state.withLock { $0.guests[instance].map { $0.power == .running && $0.running(at: now) >= bootTime } ?? false }
    }

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
                consoles.endAllBut(next.guests)
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
        _ body: @escaping @Sendable (inout State, Timestamp) throws(CloudError) -> Void
    ) async throws {
        let copy = CommandCopy(of: command) { try self.carryOut(call, on: instance, command, body) }
        try await CommandCopy.$current.withValue(copy) {
            try await faults(call, instance.text, .before)
            try copy.deliver()
            try await faults(call, instance.text, .after)
        }
    }

    private func carryOut(
        _ call: String, on instance: ID<InstanceKind>, _ command: Command,
        _ body: (inout State, Timestamp) throws(CloudError) -> Void
    ) throws {
        let refusal: CloudError? = try change { state, now in
            try state.mustBeReachable()
            guard case .fresh = try state.ledger.admit(command, on: instance.text) else { return nil }
            if state.guests[instance]?.saving != nil, call != "power.off" { throw OutcomeUnknown("the host still saves \(instance)") }
            var next = state
            do throws(CloudError) { try body(&next, now) } catch { return error }
            next.ledger.done(command, on: instance.text, isGone: next.isClear(of: instance), keeping: State.goneKept)
            state = next
            return nil
        }
        if let refusal { throw refusal }
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

    /// Lets the guests that were asked to shut down or to reboot, and whose time has come, be off or begin anew. One that is paused
    /// does nothing.
    mutating func settle(at now: Timestamp) {
        func due(_ asked: [ID<InstanceKind>: Timestamp]) -> [(key: ID<InstanceKind>, value: Timestamp)] {
            asked.filter { $0.value <= now && guests[$0.key]?.power == .running }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        }
        for (instance, moment) in due(leaving) { stand(instance, .off, at: moment) }
        for (instance, moment) in due(rebooting) { beginAnew(instance, at: moment) }
        let saved = guests.compactMap { guest in guest.value.saving.flatMap { $0.until <= now ? (guest.key, $0) : nil } }
        for (instance, save) in saved.sorted(by: { $0.0 < $1.0 }) { finish(save, of: instance, at: save.until) }
    }

    /// Stops a guest's processors; its domain stays.
    mutating func stand(_ instance: ID<InstanceKind>, _ power: GuestSighting.Power, for cause: PauseCause? = nil, at now: Timestamp) {
        if power != .paused {
            forget(whatWasAskedOf: instance)
            breakOffSave(of: instance)
        }
        guests[instance]?.stand(power, for: cause, at: now)
        note(instance)
    }

    /// A guest that runs begins anew; what it was asked for before is gone with its memory.
    mutating func beginAnew(_ instance: ID<InstanceKind>, at now: Timestamp) {
        forget(whatWasAskedOf: instance)
        guests[instance]?.beginAnew(at: now)
        note(instance)
    }

    private mutating func forget(whatWasAskedOf instance: ID<InstanceKind>) {
        leaving[instance] = nil
        rebooting[instance] = nil
    }

    /// The guest of an instance; refused with `not-found` where there is no domain of ours, with `state-forbids` where it does none of
    /// what is allowed.
    func guest(_ instance: ID<InstanceKind>, for verb: String, _ allowed: Set<GuestSighting.Power>) throws(CloudError) -> SimulatedGuest {
        try mustNotBeForeign(instance)
        guard let guest = guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
        guard allowed.contains(guest.power) else {
            let words = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            throw CloudError(
                .stateForbids, ["verb": verb, "state": guest.power.rawValue, "object": instance.text, "allowed": words])
        }
        return guest
    }

    /// Takes a domain away.
    mutating func undefine(_ instance: ID<InstanceKind>) {
        forget(whatWasAskedOf: instance)
        breakOffSave(of: instance)
        guests[instance] = nil
        note(instance)
    }

    func sighting(of instance: ID<InstanceKind>) -> GuestSighting {
        let guest = guests[instance]
        return GuestSighting(
            instance: instance, power: guest?.power ?? .absent, fence: ledger.fence(of: instance.text), cause: guest?.cause,
            resets: guest?.resets ?? 0)
    }
}
