// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Hypervisor

// What happens without being asked for. Each is kept like an effect and shows up among the changes; each throws only what the hook
// throws that keeps the state. One that fits nothing (a crash of a guest that does not run) changes nothing.

extension SimulatedHypervisor {
    /// The guest's QEMU dies.
    public func crash(_ instance: ID<InstanceKind>) throws { try stand(instance, .crashed) }

    /// Somebody in the guest shuts it down.
    public func shutDownFromInside(_ instance: ID<InstanceKind>) throws { try stand(instance, .off) }

    /// QEMU pauses the guest because its disk does not fit any more.
    public func pauseByFullDisk(_ instance: ID<InstanceKind>) throws { try stand(instance, .paused, for: .diskFull) }

    /// Somebody lets a paused guest go on, at the host.
    public func resumeByHand(_ instance: ID<InstanceKind>) throws {
        try change { state, now in
            guard state.guests[instance]?.power == .paused else { return }
            state.guests[instance]?.runOn(at: now)
            state.note(instance)
        }
    }

    /// Somebody in the guest reboots it.
    public func rebootFromInside(_ instance: ID<InstanceKind>) throws {
        try change { state, now in
            if state.guests[instance]?.power == .running { state.beginAnew(instance, at: now) }
        }
    }

    /// From now on the guest's agent behaves like this, also in memory that is saved later.
    public func setAgent(_ agent: SimulatedGuest.Agent, of instance: ID<InstanceKind>) throws {
        try change { state, _ in state.guests[instance]?.agent = agent }
    }

    /// The saved memory of a suspended instance is gone from its store; harmless where there is none.
    public func loseMemory(of instance: ID<InstanceKind>) throws {
        try change { state, _ in
            for store in state.memories.keys { state.memories[store]?[instance] = nil }
        }
    }

    /// From now on the guest does, or does not do, what it is asked to do.
    public func setObedience(_ obeys: Bool, of instance: ID<InstanceKind>) throws {
        try change { state, _ in state.guests[instance]?.obeys = obeys }
    }

    /// The host loses its power and comes back: another boot id, every guest off, definitions and saved memories still there, what was
    /// being saved not.
    public func rebootHost() throws {
        try change { state, now in
            state.boots += 1
            state.reports = 0
            for instance in state.guests.keys.sorted() { state.stand(instance, .off, at: now) }
        }
    }

    /// The host shows these domains no more, as one does that is asked at the wrong place; gives them, to be shown again (``show(_:)``).
    public func hide(_ instances: [ID<InstanceKind>]) throws -> [ID<InstanceKind>: SimulatedGuest] {
        try change { state, _ in
            let hidden = state.guests.filter { instances.contains($0.key) }
            for instance in instances { state.undefine(instance) }
            return hidden
        }
    }

    /// Domains are there that nobody here made: hidden ones, or strays under our names.
    public func show(_ guests: [ID<InstanceKind>: SimulatedGuest]) throws {
        try change { state, _ in
            for (instance, guest) in guests.sorted(by: { $0.key < $1.key }) {
                state.guests[instance] = guest
                state.note(instance)
            }
        }
    }

    /// From now on the host tells this of itself, and that its clock is ahead by so much.
    public func fallIll(_ ills: [HostFinding], clockAhead: Duration = .zero) throws {
        try change { state, _ in (state.ills, state.clockAhead) = (ills, clockAhead) }
    }

    /// From now on no call reaches the host. Its guests run on.
    public func becomeUnreachable() throws { try change { state, _ in state.reachable = false } }

    /// From now on calls reach the host again.
    public func becomeReachable() throws { try change { state, _ in state.reachable = true } }

    /// Somebody defines a domain by hand under this name.
    public func addStranger(_ name: String) throws {
        try change { state, _ in state.strangers = Set(state.strangers + [name]).sorted() }
    }

    /// That domain is taken away by hand; true where it was there.
    public func removeStranger(_ name: String) throws -> Bool {
        try change { state, _ in
            let there = state.strangers.contains(name)
            state.strangers.removeAll { $0 == name }
            return there
        }
    }

    private func stand(_ instance: ID<InstanceKind>, _ power: GuestSighting.Power, for cause: PauseCause? = nil) throws {
        try change { state, now in
            guard let guest = state.guests[instance], guest.power == .running || (guest.power == .paused && power != .paused) else {
                return
            }
            state.stand(instance, power, for: cause, at: now)
        }
    }
}
