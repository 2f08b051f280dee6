// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor
import Synchronization

extension SimulatedHypervisor {
    /// Opens a console: a display with a pattern of the instance's own, or a serial line that says again what it is told.
    public func openConsole(_ kind: ConsoleKind, of instance: ID<InstanceKind>, under fence: Fence) async throws -> any ConsoleChannel {
        try await read("console.open", instance.text) { [consoles] state, _ in
            guard let guest = state.guests[instance] else { throw CloudError(.notFound, ["object": instance.text]) }
            let seen = state.ledger.fence(of: instance.text)
            guard fence >= seen else { throw CloudError(.fenceStale, ["fence": fence.description, "seen": seen.description]) }
            guard guest.hasConsole else { throw ConsoleLimits.off(instance, guest.power) }
            return consoles.open(kind, of: instance, title: guest.description.title)
        }
    }
}

extension SimulatedHypervisor {
    /// Those of the guests that are there or sleep.
    public func consoles() async throws -> [ID<InstanceKind>] {
        try await read("console.list", "host") { state, _ in Set(state.guests.keys).union(state.memories.values.flatMap(\.keys)).sorted() }
    }
}

extension SimulatedGuest {
    /// Whether there is somebody at the other end of its consoles.
    var hasConsole: Bool { power == .running || power == .paused }
}

/// The consoles of a simulated host that are open.
final class SimulatedOpenConsoles: Sendable {
    private struct Open {
        let instance: ID<InstanceKind>
        let kind: ConsoleKind
        weak var channel: SimulatedConsoleChannel?
    }
    private let all = Mutex<[Open]>([])

    /// Opens one; of the serial line the one before ends.
    func open(_ kind: ConsoleKind, of instance: ID<InstanceKind>, title: DisplayName) -> SimulatedConsoleChannel {
        if kind == .serial { end { $0 == instance && $1 == .serial } }
        let channel = SimulatedConsoleChannel(kind == .display ? .display(SimulatedDisplay(instance, title: title)) : .serial)
        all.withLock { all in
            all.removeAll { $0.channel == nil }
            all.append(Open(instance: instance, kind: kind, channel: channel))
        }
        return channel
    }

    /// Ends those of guests that are gone.
    func endAllBut(_ guests: [ID<InstanceKind>: SimulatedGuest]) { end { instance, _ in guests[instance]?.hasConsole != true } }

    private func end(_ isOver: (ID<InstanceKind>, ConsoleKind) -> Bool) {
        let over = all.withLock { all in
            let over = all.filter { isOver($0.instance, $0.kind) }
            all.removeAll { isOver($0.instance, $0.kind) }
            return over
        }
        for one in over { one.channel?.close() }
    }
}
