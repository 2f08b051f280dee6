// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// As ``GuestCheckpoints/turn(_:to:keeping:_:)``.
    public func turn(_ instance: ID<InstanceKind>, to disk: GuestDisk, keeping memory: MemoryImage?, _ command: Command) async throws {
        try await effect("disk.turn", on: instance, command) { state, now throws(CloudError) in
            let guest = try state.mustRun(instance, for: "checkpoint")
            guard guest.description.disks.first?.disk != disk.disk else { return }
            state.turn(guest, to: disk, keeping: memory, at: now)
        }
    }

    /// As if somebody had asked for memory to be saved, and waited for it no more: it takes until then. With a disk the guest goes on on
    /// that afterwards, as for a checkpoint; without one it is off then, and nobody has taken its domain away
    /// (``cutOffSuspend(_:to:isWhole:)``).
    public func save(_ instance: ID<InstanceKind>, to memory: MemoryImage, thenOn disk: GuestDisk? = nil, until: Timestamp) throws {
        try change { state, now in
            _ = try state.mustRun(instance, for: "save")
            state.stand(instance, .paused, for: .other, at: now)
            state.guests[instance]?.saving = SimulatedSave(memory: memory, disk: disk, until: until)
        }
    }

    /// As if a suspend had been cut off on the host. Where its memory was written whole, the guest is off and its domain still there, and
    /// the next suspend or wake finishes what was begun; where only a part of it was, the guest runs on.
    public func cutOffSuspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, isWhole: Bool) throws {
        try change { state, now in
            let guest = try state.mustRun(instance, for: "save")
            state.leavePartial(guest, of: memory, isWhole: isWhole, at: now)
            if isWhole { state.stand(instance, .off, at: now) }
        }
    }

    /// As ``GuestCheckpoints/recall(_:_:)``.
    public func recall(_ memory: MemoryImage, _ command: Command) async throws {
        try await effect("memory.recall", on: memory.instance, command) { state, _ throws(CloudError) in
            guard let kept = memory.checkpoint.flatMap({ state.checkpoints[$0] }) else {
                throw CloudError(.notFound, ["object": memory.checkpoint?.text ?? memory.instance.text])
            }
            state.memories[memory.store, default: [:]][memory.instance] = kept
        }
    }
}

extension SimulatedHostState {
    mutating func turn(_ guest: SimulatedGuest, to disk: GuestDisk, keeping memory: MemoryImage?, at now: Timestamp) {
        if let checkpoint = memory?.checkpoint {
            var kept = guest
            kept.stand(.paused, at: now)
            checkpoints[checkpoint] = SimulatedMemory(guest: kept, savedAt: now)
        }
        setDisks([disk] + guest.description.disks.dropFirst(), of: guest.description.instance)
    }

    mutating func save(_ guest: SimulatedGuest, to memory: MemoryImage, at now: Timestamp) {
        var saved = guest
        saved.stand(.paused, at: now)
        memories[memory.store, default: [:]][memory.instance] = SimulatedMemory(guest: saved, savedAt: now)
        dropPartial(of: memory)
        undefine(memory.instance)
    }

    /// What was being saved is: the guest goes on, or is off and its memory whole.
    mutating func finish(_ save: SimulatedSave, of instance: ID<InstanceKind>, at moment: Timestamp) {
        guests[instance]?.saving = nil
        guard let guest = guests[instance] else { return }
        guard let disk = save.disk else {
            leavePartial(guest, of: save.memory, isWhole: true, at: moment)
            return stand(instance, .off, at: moment)
        }
        turn(guest, to: disk, keeping: save.memory, at: moment)
        guests[instance]?.runOn(at: moment)
        note(instance)
    }
}
