// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// Makes sure that the memory is saved and the domain is gone. Refused with `not-found` where there is neither, and with
    /// `state-forbids` for a domain that is off or crashed: it has no memory any more.
    public func suspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, _ command: Command) async throws {
        try await effect("memory.suspend", on: instance, command) { state, now throws(CloudError) in
            try state.mustNotBeForeign(instance)
            guard let guest = state.guests[instance] else {
                guard state.memories[memory.store]?[instance]?.spent == false else {
                    throw CloudError(.notFound, ["object": instance.text])
                }
                return
            }
            guard guest.power == .running || guest.power == .paused else {
                throw CloudError(
                    .stateForbids,
                    ["verb": "suspend", "state": guest.power.rawValue, "object": instance.text, "allowed": "running, paused"]
                )
            }
            state.save(guest, to: memory, at: now)
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
            case .paused: state.guests[instance]?.runOn(at: now)
            default:
                guard let saved = state.memories[memory.store]?[instance], !saved.spent else {
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
        }
    }
}

extension SimulatedHostState {
    /// From here on the disk moves on, so no saved memory of the guest may be woken again.
    mutating func spend(memoryOf instance: ID<InstanceKind>) {
        for store in memories.keys { memories[store]?[instance]?.spent = true }
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
