// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

/// All that a simulated host knows: compared, kept in a file, and shaped by tests. Nothing of it is hidden.
public struct SimulatedHostState: Codable, Equatable, Sendable {
    /// Processors that the host reports.
    public var cpus: CPUCount
    /// Memory that the host reports.
    public var memory: ByteCount
    /// How often the host has booted; its boot id is made of it.
    public var boots: Int64 = 1
    /// Whether calls reach it.
    public var reachable = true
    /// What is wrong with the host, by what it tells of itself (``Hypervisor/HypervisorHealth``).
    public var ills: [HostFinding] = []
    /// How far its clock is ahead of the time by which its guests count.
    public var clockAhead: Duration = .zero
    /// Domains of ours.
    public var guests: [ID<InstanceKind>: SimulatedGuest] = [:]
    /// Guests that were asked to shut down and obey, with the moment when they will be off.
    public var leaving: [ID<InstanceKind>: Timestamp] = [:]
    /// Guests that were asked to reboot and obey, with the moment when they will begin anew.
    public var rebooting: [ID<InstanceKind>: Timestamp] = [:]
    /// Saved memories, by store and instance.
    public var memories: [ID<StoreKind>: [ID<InstanceKind>: SimulatedMemory]] = [:]
    /// Memories that no instance can wake from yet: a suspend was cut off there. By store and instance.
    public var partials: [ID<StoreKind>: [ID<InstanceKind>: SimulatedPartial]] {
        get { partial ?? [:] }
        set { partial = newValue.isEmpty ? nil : newValue }
    }
    /// Nil for none, as in a file from before there were any.
    private var partial: [ID<StoreKind>: [ID<InstanceKind>: SimulatedPartial]]?
    /// Memories that checkpoints keep.
    public var checkpoints: [ID<CheckpointKind>: SimulatedMemory] = [:]
    /// What guests read when they boot, by store and instance.
    public var seeds: [ID<StoreKind>: [ID<InstanceKind>: SimulatedSeed]] = [:]
    /// Names of domains that are not ours, sorted. They are never touched.
    public var strangers: [String] = []
    /// Fences and finished commands.
    public var ledger = CommandLedger()
    /// Less than a real host's: the whole state is written with each effect.
    static let goneKept = 1000
    /// The number of the last report.
    public var reports: Int64 = 0
    /// The number of the last change.
    public var changes: Int64 = 0
    /// The last change of each instance, by number.
    public var changed: [ID<InstanceKind>: Int64] = [:]

    /// A host that has just been set up and runs nothing.
    public init(cpus: CPUCount = CPUCount(64), memory: ByteCount = .gibibytes(256)) {
        self.cpus = cpus
        self.memory = memory
    }

    /// The boot id, in the form of `/proc/sys/kernel/random/boot_id`.
    public var bootID: String {
        let digits = String(boots)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    /// Whether nothing of an instance is here.
    func isClear(of instance: ID<InstanceKind>) -> Bool {
        guests[instance] == nil && !memories.values.contains { $0[instance] != nil } && !seeds.values.contains { $0[instance] != nil }
            && !partials.values.contains { $0[instance] != nil }
            && !checkpoints.values.contains { $0.guest.description.instance == instance }
    }

    /// The same host without times, numbers of reports and changes, fences and finished commands: what must be equal after a crash
    /// and its recovery, and after an undo.
    public var withoutHistory: SimulatedHostState {
        var state = self
        state.ledger = CommandLedger()
        state.reports = 0
        state.changes = 0
        state.changed = [:]
        state.guests = guests.mapValues(\.withoutHistory)
        state.leaving = leaving.mapValues { _ in Timestamp(milliseconds: 0) }
        state.rebooting = rebooting.mapValues { _ in Timestamp(milliseconds: 0) }
        state.memories = memories.mapValues { $0.mapValues(\.withoutHistory) }.filter { !$0.value.isEmpty }
        state.partials = partials.mapValues { $0.mapValues(\.withoutHistory) }.filter { !$0.value.isEmpty }
        state.checkpoints = checkpoints.mapValues(\.withoutHistory)
        state.seeds = seeds.filter { !$0.value.isEmpty }
        return state
    }
}

/// A domain of a simulated host.
public struct SimulatedGuest: Codable, Equatable, Sendable {
    /// What its agent does once it has booted.
    public enum Agent: String, Codable, Equatable, Sendable, CaseIterable {
        /// It answers.
        case answers
        /// It is there and never answers.
        case hangs
        /// There is none.
        case missing
        /// It answers questions, and says of every change that it failed.
        case refuses
        /// It answers questions, and says of every change that it was made; none is.
        case lies
        /// It answers questions, makes every change, and never says so.
        case mute
    }
    /// What it was started as.
    public var description: GuestDescription
    /// The places of its disks on their bus, in the order of the description.
    public var places: [Int] {
        get { placed ?? Array(description.disks.indices) }
        set { placed = newValue }
    }
    /// Nil in a file from before there were places: then they are in order.
    private var placed: [Int]?
    /// What its domain does. Never ``Hypervisor/GuestSighting/Power/absent``.
    public var power: GuestSighting.Power
    /// How long its processors ran since its fresh start or its last reset, up to ``runningSince``.
    public var ran: Duration = .zero
    /// Since when its processors run; nil while they stand still.
    public var runningSince: Timestamp?
    /// What its agent does.
    public var agent = Agent.answers
    /// Whether it does what it is asked to do.
    public var obeys = true
    /// Its processors stopped at this moment and its clock was not set since: a woken guest's clock is behind.
    public var clockBehind: Duration = .zero
    /// Who may log in, by account: OpenSSH lines.
    public var keys: [String: [String]] = [:]
    /// Which password logs in, by account: only its hash (FNV-1a).
    public var passwords: [String: UInt64] = [:]
    /// What whoever logs in reads; empty for nothing.
    public var note = ""
    /// Why its processors stand still; nil unless it is paused.
    public var cause: PauseCause?
    /// How often it began anew since its domain is there.
    public var resets: Int64 = 0
    /// What the host does with it for somebody who waits for it no more; nil for nothing.
    public var saving: SimulatedSave?

    /// A domain that runs from now.
    public init(_ description: GuestDescription, at now: Timestamp) {
        self.description = description
        self.placed = Array(description.disks.indices)
        self.power = .running
        self.runningSince = now
    }

    /// How long its processors ran since its fresh start or its last reset.
    public func running(at now: Timestamp) -> Duration {
        guard let runningSince else { return ran }
        return ran + max(.zero, now - runningSince)
    }

    /// Whether a password logs in as an account.
    public func letsIn(_ account: String, with password: String) -> Bool { passwords[account] == FNV1a.hash(password) }

    mutating func setPassword(_ password: GuestPassword, for account: String) { passwords[account] = FNV1a.hash(password.clear) }

    /// Whether its agent answers questions.
    func answers(at now: Timestamp, booting bootTime: Duration) -> Bool {
        power == .running && agent != .hangs && agent != .missing && running(at: now) >= bootTime
    }

    mutating func stand(_ power: GuestSighting.Power, for cause: PauseCause? = nil, at now: Timestamp) {
        ran = running(at: now)
        runningSince = nil
        self.power = power
        self.cause = power == .paused ? cause ?? .asked : nil
    }

    mutating func runOn(at now: Timestamp) {
        runningSince = now
        power = .running
        cause = nil
    }

    mutating func beginAnew(at now: Timestamp) {
        ran = .zero
        clockBehind = .zero
        resets += 1
        runOn(at: now)
    }

    var withoutHistory: SimulatedGuest {
        var guest = self
        guest.ran = .zero
        guest.runningSince = nil
        guest.clockBehind = .zero
        return guest
    }
}

/// Memory that is being saved, with what is to become of the guest when it is.
public struct SimulatedSave: Codable, Equatable, Sendable {
    /// Where to.
    public var memory: MemoryImage
    /// The disk that the guest writes afterwards, where it goes on then; nil where it is suspended.
    public var disk: GuestDisk?
    /// When it will be done.
    public var until: Timestamp
}

/// Saved memory on a simulated host.
public struct SimulatedMemory: Codable, Equatable, Sendable {
    /// The guest as it stood.
    public var guest: SimulatedGuest
    /// When it was saved.
    public var savedAt: Timestamp
    /// Whether a guest has run on from it: then its disk has moved on, and waking from it again would mix two times.
    public var spent = false

    var withoutHistory: SimulatedMemory {
        var memory = self
        memory.guest = guest.withoutHistory
        memory.savedAt = Timestamp(milliseconds: 0)
        return memory
    }
}

/// Memory that was written by a suspend that was cut off: not yet, or never, what the instance wakes from.
public struct SimulatedPartial: Codable, Equatable, Sendable {
    /// What was written.
    public var memory: SimulatedMemory
    /// Whether that is all of it.
    public var isWhole: Bool

    var withoutHistory: SimulatedPartial { SimulatedPartial(memory: memory.withoutHistory, isWhole: isWhole) }
}
