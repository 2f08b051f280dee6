// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import Hypervisor
import Synchronization

/// The caller's end of a console, whatever carries it.
protocol ConsoleCaller: Sendable {
    /// The next bytes; nil once the caller has gone or was closed.
    func next() async -> [UInt8]?
    /// Gives bytes to the caller; returns once they are on their way, false where the caller takes nothing any more.
    func send(_ bytes: [UInt8]) async -> Bool
    /// Says goodbye with a code of RFC 6455 (7.4.1) and ends; a repeat is harmless.
    func close(_ code: UInt16, _ reason: String) async
}

/// An open console: bytes go both ways until one end goes, the right is taken away, or the daemon ends.
public final class ConsoleSession: Sendable {
    let kind: ConsoleKind
    private let channel: any ConsoleChannel
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let recheck: @Sendable () async throws -> Void
    private let slot: CallSlot
    /// Since when the guest has been taking what it was given; nil while it has nothing to take.
    private let giving = Mutex<Duration?>(nil)

    /// How often the right is looked at.
    static let interval = Duration.seconds(2)
    /// How long a console may go on that nobody may have any more (invariant I31).
    static let bound = Duration.seconds(5)
    /// How long a guest may leave what it was given untaken.
    static let patience = Duration.seconds(30)

    init(
        _ kind: ConsoleKind, _ channel: any ConsoleChannel, clock: any Clock<Duration>, elapsed: @escaping @Sendable () -> Duration,
        slot: CallSlot, recheck: @escaping @Sendable () async throws -> Void
    ) {
        self.kind = kind
        self.channel = channel
        self.clock = clock
        self.elapsed = elapsed
        self.slot = slot
        self.recheck = recheck
    }

    /// One that is dropped before it ran, for its caller had gone, leaves no open channel behind.
    deinit { channel.close() }

    private enum End: Sendable {
        case callerGone
        case guestGone
        case guestStuck
        case notAllowed
        case unanswered
    }

    /// Carries bytes until the end; then both ends are closed.
    func run(with caller: some ConsoleCaller) async {
        await withTaskGroup(of: End.self) { tasks in
            tasks.addTask { await self.toCaller(caller) }
            tasks.addTask { await self.toGuest(caller) }
            tasks.addTask { await self.watch() }
            let first = await tasks.next() ?? .callerGone
            // Whoever still waits for either end wakes by its close.
            tasks.cancelAll()
            channel.close()
            let (code, reason) = Task.isCancelled ? (1001, "the daemon ends") : Self.words(of: first)
            await caller.close(code, reason)
        }
        slot.end()
    }

    private static func words(of end: End) -> (UInt16, String) {
        switch end {
        case .callerGone: (1000, "")
        case .guestGone: (1001, "the guest's console has ended")
        case .guestStuck: (1013, "the guest takes nothing")
        case .notAllowed: (1008, "no longer allowed")
        case .unanswered: (1011, "the records do not answer")
        }
    }

    private func toCaller(_ caller: some ConsoleCaller) async -> End {
        while true {
            let bytes: [UInt8]?
            do { bytes = try await channel.read() } catch { return .guestGone }
            guard let bytes else { return .guestGone }
            guard await caller.send(bytes) else { return .callerGone }
        }
    }

    private func toGuest(_ caller: some ConsoleCaller) async -> End {
        while let bytes = await caller.next() {
            giving.withLock { $0 = elapsed() }
            do { try await channel.write(bytes) } catch { return .guestGone }
            giving.withLock { $0 = nil }
        }
        return .callerGone
    }

    private func watch() async -> End {
        var allowedAt = elapsed()
        while true {
            do { try await clock.sleep(for: Self.interval) } catch { return .callerGone }
            if let since = giving.withLock({ $0 }), elapsed() - since > Self.patience { return .guestStuck }
            do {
                try await recheck()
                allowedAt = elapsed()
            } catch let away as CloudError where away.saysPartIsAway {
                // Nobody said that it is not allowed. It goes on as long as one more look comes in time.
                guard elapsed() - allowedAt + Self.interval <= Self.bound else { return .unanswered }
            } catch { return .notAllowed }
        }
    }
}
