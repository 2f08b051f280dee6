// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// As ``GuestCheckpoints/turn(_:to:keeping:_:)``.
    public func turn(_ instance: ID<InstanceKind>, to disk: GuestDisk, keeping memory: MemoryImage?, _ command: Command) async throws {
        try await effect("disk.turn", on: instance, command) { state, now throws(CloudError) in
            let guest = try state.mustRun(instance, for: "checkpoint")
            guard guest.description.disks.first?.disk != disk.disk else { return }
            if let checkpoint = memory?.checkpoint {
                var kept = guest
                kept.stand(.paused, at: now)
                state.checkpoints[checkpoint] = SimulatedMemory(guest: kept, savedAt: now)
            }
            state.setDisks([disk] + guest.description.disks.dropFirst(), of: instance)
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
