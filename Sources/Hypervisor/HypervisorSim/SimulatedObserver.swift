// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// What the host sees of one instance.
    public func observe(_ instance: ID<InstanceKind>) async throws -> GuestSighting {
        try await read("guest.observe", instance.text) { state, _ in state.sighting(of: instance) }
    }

    /// Whether the host still saves the guest's memory.
    public func isAtWork(on instance: ID<InstanceKind>) async throws -> Bool {
        try await read("guest.work", instance.text) { state, _ in state.guests[instance]?.saving != nil }
    }

    /// Whether there is memory that could be woken.
    public func observe(_ memory: MemoryImage) async throws -> Evidence<MemoryImage> {
        try await read("memory.observe", memory.instance.text) { state, _ in
            if let checkpoint = memory.checkpoint { return state.checkpoints[checkpoint]?.spent == false ? .present(memory) : .absent }
            return state.hasOwn(memory) || state.isSaved(memory) ? .present(memory) : .absent
        }
    }

    /// The host's report; its number grows by one.
    public func report() async throws -> HostReport {
        try await read("host.report", "") { state, _ in
            state.reports += 1
            let guests = state.guests.keys.sorted().map(state.sighting)
            return HostReport(number: state.reports, bootID: state.bootID, cpus: state.cpus, memory: state.memory, guests: guests)
        }
    }

    /// What changed. A cursor is the boot id, a slash and the number of the last change that was told.
    public func changes(since cursor: ChangeCursor) async throws -> GuestChanges {
        try await read("host.changes", "") { state, _ in
            func place(_ number: Int64) -> ChangeCursor { ChangeCursor("\(state.bootID)/\(number)") }
            if cursor == .now { return GuestChanges(sightings: [], next: place(state.changes)) }
            let parts = cursor.text.split(separator: "/", omittingEmptySubsequences: false)
            // A cursor of another boot, or one that we never gave, begins at the beginning: too much is harmless, too little is not.
            let told = parts.count == 2 && parts[0] == state.bootID ? Int64(parts[1]) ?? 0 : 0
            let news = state.changed.filter { $0.value > told }.sorted { $0.value < $1.value }.prefix(1000)
            return GuestChanges(sightings: news.map { state.sighting(of: $0.key) }, next: place(news.last?.value ?? state.changes))
        }
    }
}
