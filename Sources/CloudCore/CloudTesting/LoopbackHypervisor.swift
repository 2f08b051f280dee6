// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor
import Synchronization

/// A hypervisor behind a wire that is not there: every argument, result and refusal of the one that it wraps goes through JSON.
public struct LoopbackHypervisor: HypervisorAbilities {
    private let far: any HypervisorAbilities

    /// Puts a hypervisor on the far side.
    public init(_ far: any HypervisorAbilities) { self.far = far }

    /// As the far side's.
    public func start(_ guest: GuestDescription, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.start(JSONLoopback.through(guest), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func off(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.off(JSONLoopback.through(instance), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func askToShutDown(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.askToShutDown(JSONLoopback.through(instance), JSONLoopback.through(command)) }
    }

    /// As the far side's.
    public func pause(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.pause(JSONLoopback.through(instance), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func resume(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.resume(JSONLoopback.through(instance), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func reset(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.reset(JSONLoopback.through(instance), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func askToReboot(_ instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.askToReboot(JSONLoopback.through(instance), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func attach(_ disk: GuestDisk, slot: Int, to instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.attach(
                JSONLoopback.through(disk), slot: JSONLoopback.through(slot), to: JSONLoopback.through(instance),
                JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.detach(JSONLoopback.through(disk), from: JSONLoopback.through(instance), JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func grow(_ disk: GuestDisk, to size: ByteCount, of instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.grow(
                JSONLoopback.through(disk), to: JSONLoopback.through(size), of: JSONLoopback.through(instance),
                JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func disks(of instance: ID<InstanceKind>) async throws -> [ID<DiskKind>] {
        try await JSONLoopback.call { try await far.disks(of: JSONLoopback.through(instance)) }
    }

    /// As the far side's.
    public func attach(_ port: GuestPort, to instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.attach(JSONLoopback.through(port), to: JSONLoopback.through(instance), JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func detach(_ port: GuestPort, from instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.detach(JSONLoopback.through(port), from: JSONLoopback.through(instance), JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func cards(of instance: ID<InstanceKind>) async throws -> [MACAddress] {
        try await JSONLoopback.call { try await far.cards(of: JSONLoopback.through(instance)) }
    }

    /// As the far side's.
    public func turn(_ instance: ID<InstanceKind>, to disk: GuestDisk, keeping memory: MemoryImage?, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.turn(
                JSONLoopback.through(instance), to: JSONLoopback.through(disk), keeping: try memory.map { try JSONLoopback.through($0) },
                JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func recall(_ memory: MemoryImage, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.recall(JSONLoopback.through(memory), JSONLoopback.through(command)) }
    }

    /// As the far side's.
    public func suspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.suspend(JSONLoopback.through(instance), to: JSONLoopback.through(memory), JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func wake(_ guest: GuestDescription, from memory: MemoryImage, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.wake(JSONLoopback.through(guest), from: JSONLoopback.through(memory), JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func discard(_ memory: MemoryImage, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.discard(JSONLoopback.through(memory), JSONLoopback.through(command)) }
    }

    /// As the far side's.
    public func ensure(_ seed: GuestSeed, on volume: SeedVolume, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.ensure(JSONLoopback.through(seed), on: JSONLoopback.through(volume), JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func remove(_ volume: SeedVolume, _ command: Command) async throws {
        try await JSONLoopback.call { try await far.remove(JSONLoopback.through(volume), JSONLoopback.through(command)) }
    }
    /// As the far side's.
    public func observe(_ volume: SeedVolume) async throws -> Evidence<SeedVolume> {
        try await JSONLoopback.call { try await far.observe(JSONLoopback.through(volume)) }
    }

    /// As the far side's.
    public func observe(_ instance: ID<InstanceKind>) async throws -> GuestSighting {
        try await JSONLoopback.call { try await far.observe(JSONLoopback.through(instance)) }
    }
    /// As the far side's.
    public func isAtWork(on instance: ID<InstanceKind>) async throws -> Bool {
        try await JSONLoopback.call { try await far.isAtWork(on: JSONLoopback.through(instance)) }
    }
    /// As the far side's.
    public func observe(_ memory: MemoryImage) async throws -> Evidence<MemoryImage> {
        try await JSONLoopback.call { try await far.observe(JSONLoopback.through(memory)) }
    }
    /// As the far side's.
    public func report() async throws -> HostReport { try await JSONLoopback.call { try await far.report() } }
    /// As the far side's.
    public func health() async throws -> HostHealth { try await JSONLoopback.call { try await far.health() } }
    /// As the far side's.
    public func changes(since cursor: ChangeCursor) async throws -> GuestChanges {
        try await JSONLoopback.call { try await far.changes(since: JSONLoopback.through(cursor)) }
    }

    /// As the far side's.
    public func screenshot(of instance: ID<InstanceKind>) async throws -> GuestScreenshot {
        try await JSONLoopback.call { try await far.screenshot(of: JSONLoopback.through(instance)) }
    }

    /// As the far side's.
    public func ping(_ instance: ID<InstanceKind>) async throws {
        try await JSONLoopback.call { try await far.ping(JSONLoopback.through(instance)) }
    }
    /// As the far side's.
    public func addresses(_ instance: ID<InstanceKind>) async throws -> [String] {
        try await JSONLoopback.call { try await far.addresses(JSONLoopback.through(instance)) }
    }
    /// As the far side's.
    public func setClock(_ instance: ID<InstanceKind>) async throws {
        try await JSONLoopback.call { try await far.setClock(JSONLoopback.through(instance)) }
    }
    /// As the far side's.
    public func authorize(_ keys: [String], for account: String, in instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.authorize(
                JSONLoopback.through(keys), for: JSONLoopback.through(account), in: JSONLoopback.through(instance),
                JSONLoopback.through(command))
        }
    }
    /// As the far side's.
    public func setPassword(
        _ password: GuestPassword, for account: String, in instance: ID<InstanceKind>, _ command: Command
    ) async throws {
        try await JSONLoopback.call {
            try await far.setPassword(
                JSONLoopback.through(password), for: JSONLoopback.through(account), in: JSONLoopback.through(instance),
                JSONLoopback.through(command))
        }
    }

    /// As the far side's.
    public func leave(_ note: GuestNote, in instance: ID<InstanceKind>, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await far.leave(JSONLoopback.through(note), in: JSONLoopback.through(instance), JSONLoopback.through(command))
        }
    }

    /// As the far side's; the bytes of its channel go through JSON too.
    public func openConsole(_ kind: ConsoleKind, of instance: ID<InstanceKind>, under fence: Fence) async throws -> any ConsoleChannel {
        let (kind, instance, fence) = (try JSONLoopback.through(kind), try JSONLoopback.through(instance), try JSONLoopback.through(fence))
        let opened = Opened()
        try await JSONLoopback.call { opened.keep(try await far.openConsole(kind, of: instance, under: fence)) }
        guard let channel = opened.channel else { throw ConsoleLimits.ended }
        return LoopbackConsole(far: channel)
    }

    /// As the far side's.
    public func consoles() async throws -> [ID<InstanceKind>] { try await JSONLoopback.call { try await far.consoles() } }

    /// The channel itself stays on its side of the wire.
    private final class Opened: Sendable {
        private let kept = Mutex<(any ConsoleChannel)?>(nil)
        var channel: (any ConsoleChannel)? { kept.withLock { $0 } }
        func keep(_ channel: any ConsoleChannel) { kept.withLock { $0 = channel } }
    }
}

private struct LoopbackConsole: ConsoleChannel {
    let far: any ConsoleChannel
    func read() async throws -> [UInt8]? { try await JSONLoopback.call { try await far.read() } }
    func write(_ bytes: [UInt8]) async throws { try await JSONLoopback.call { try await far.write(JSONLoopback.through(bytes)) } }
    func close() { far.close() }
}
