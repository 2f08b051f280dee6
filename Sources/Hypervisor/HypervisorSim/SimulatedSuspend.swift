// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// Makes sure that the memory is saved and the domain is gone. Refused with `not-found` where there is neither, and with
    /// `state-forbids` for a domain that is off or crashed: it has no memory any more, unless that was saved whole by one that was cut off.
    public func suspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, _ command: Command) async throws {
        try await effect("memory.suspend", on: instance, command) { state, now throws(CloudError) in
            try state.mustNotBeForeign(instance)
            guard let guest = state.guests[instance] else {
                guard state.hasOwn(memory) else { throw CloudError(.notFound, ["object": instance.text]) }
                return
            }
            if guest.power == .running || guest.power == .paused { return state.save(guest, to: memory, at: now) }
            guard state.hasOwn(memory) || state.finishSave(to: memory) else {
                throw CloudError(
                    .stateForbids,
                    ["verb": "suspend", "state": guest.power.rawValue, "object": instance.text, "allowed": "running, paused"]
                )
            }
            state.undefine(instance)
        }
    }

    /// Makes sure that the guest runs on from its memory, its clock behind by the time that it slept.
    ///
    /// Refused with `memory-gone` where there is no memory, or where a guest has run on from it before and is gone since: its disk
    /// has moved on, and memory and disk of two times do not fit.
    public func wake(_ guest: GuestDescription, from memory: MemoryImage, _ command: Command) async throws {
        let instance = guest.instance
        try await effect("memory.wake", on: instance, command) { state, now throws(CloudError) in
            try state.mustNotBeForeign(instance)
            switch state.guests[instance]?.power {
            case .running: return
            case .paused: state.letRunOn(instance, at: now)
            default:
                guard state.hasOwn(memory) || state.finishSave(to: memory), let saved = state.memories[memory.store]?[instance] else {
                    throw CloudError(.memoryGone, ["instance": instance.text])
                }
                var woken = saved.guest
                try woken.mustFit(guest)
                woken.description = guest
                woken.clockBehind += max(.zero, now - saved.savedAt)
                woken.runOn(at: now)
                state.guests[instance] = woken
                state.spend(memoryOf: instance)
            }
            state.note(instance)
        }
    }

    /// Makes sure that the saved memory is gone.
    public func discard(_ memory: MemoryImage, _ command: Command) async throws {
        try await effect("memory.discard", on: memory.instance, command) { state, _ throws(CloudError) in
            if let checkpoint = memory.checkpoint {
                state.checkpoints[checkpoint] = nil
                return
            }
            state.memories[memory.store]?[memory.instance] = nil
            if state.memories[memory.store]?.isEmpty == true { state.memories[memory.store] = nil }
            state.dropPartial(of: memory)
        }
    }
}

extension SimulatedHostState {
    /// From here on the disk moves on, so no saved memory of the guest may be woken again.
    mutating func spend(memoryOf instance: ID<InstanceKind>) {
        for store in memories.keys { memories[store]?[instance]?.spent = true }
        for store in partials.keys { dropPartial(of: MemoryImage(instance: instance, store: store)) }
    }

    /// A guest that stands still goes on.
    mutating func letRunOn(_ instance: ID<InstanceKind>, at now: Timestamp) {
        spend(memoryOf: instance)
        guests[instance]?.runOn(at: now)
    }

    /// Whether the instance can be woken from what is its own memory.
    func hasOwn(_ memory: MemoryImage) -> Bool { memories[memory.store]?[memory.instance]?.spent == false }

    /// Whether memory was saved whole, and its domain is still there because the suspend was cut off behind that.
    func isSaved(_ memory: MemoryImage) -> Bool {
        guests[memory.instance]?.power == .off && partials[memory.store]?[memory.instance]?.isWhole == true
    }

    /// Makes what was saved for somebody who is gone the instance's memory; false where there is no such thing.
    mutating func finishSave(to memory: MemoryImage) -> Bool {
        guard isSaved(memory), let partial = partials[memory.store]?[memory.instance] else { return false }
        memories[memory.store, default: [:]][memory.instance] = partial.memory
        dropPartial(of: memory)
        return true
    }

    /// Memory is written, all of it or a part, and is not the instance's.
    mutating func leavePartial(_ guest: SimulatedGuest, of memory: MemoryImage, isWhole: Bool, at now: Timestamp) {
        var saved = guest
        saved.saving = nil
        saved.stand(.paused, at: now)
        partials[memory.store, default: [:]][memory.instance] = SimulatedPartial(
            memory: SimulatedMemory(guest: saved, savedAt: now), isWhole: isWhole)
    }

    mutating func dropPartial(of memory: MemoryImage) {
        partials[memory.store]?[memory.instance] = nil
        if partials[memory.store]?.isEmpty == true { partials[memory.store] = nil }
    }

    /// What the host saves is no memory of the guest any more: its domain ended before all of it was written.
    mutating func breakOffSave(of instance: ID<InstanceKind>) {
        guard let guest = guests[instance], let save = guest.saving else { return }
        guests[instance]?.saving = nil
        if save.disk == nil { leavePartial(guest, of: save.memory, isWhole: false, at: save.until) }
    }
}

extension SimulatedGuest {
    /// Saved memory fits a machine of the same size, processor and cards only.
    func mustFit(_ other: GuestDescription) throws(CloudError) {
        let fits =
            description.memory == other.memory && description.cpus == other.cpus && description.processor == other.processor
            && description.ports.map(\.mac) == other.ports.map(\.mac) && description.disks.count == other.disks.count
        guard fits else {
            throw CloudError(.invalidField, ["pointer": "", "reason": "the machine is not the one whose memory was saved"])
        }
    }
}
