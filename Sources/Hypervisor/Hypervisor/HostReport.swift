// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What a hypervisor sees of one instance.
public struct GuestSighting: Hashable, Sendable, Codable {
    /// What its domain does.
    public enum Power: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its processors run.
        case running
        /// Its processors stand still.
        case paused
        /// Defined, not running: it shut itself down.
        case off
        /// Defined, not running: QEMU died or was killed.
        case crashed
        /// There is no domain.
        case absent
    }
    /// Which instance.
    public let instance: ID<InstanceKind>
    /// What its domain does.
    public let power: Power
    /// The newest fence that the host has seen for it.
    public let fence: Fence
    /// Why its processors stand still; nil unless it is paused.
    public let cause: PauseCause?
    /// How often it began anew since its domain is there, as far as the host saw it: by a reset, or because the guest rebooted. Never
    /// falls while the domain is there; only that it grew says something.
    public let resets: Int64
    /// One sighting.
    public init(instance: ID<InstanceKind>, power: Power, fence: Fence, cause: PauseCause? = nil, resets: Int64 = 0) {
        self.instance = instance
        self.power = power
        self.fence = fence
        self.cause = cause
        self.resets = resets
    }
}

/// Why a guest's processors stand still.
public enum PauseCause: String, Hashable, Sendable, Codable, CaseIterable {
    /// Somebody asked for it, here or at the host.
    case asked
    /// It wrote to its disk, and the store was full: QEMU paused it instead of showing it broken sectors. Nothing is lost.
    case diskFull = "disk-full"
    /// Its disk could not be read or written.
    case diskError = "disk-error"
    /// Another reason of the hypervisor's.
    case other
}

/// A host's word about itself: the evidence behind every shown state.
public struct HostReport: Hashable, Sendable, Codable {
    /// Grows with every report of one boot, also over restarts of whoever reports.
    public let number: Int64
    /// The kernel's boot id: another one proves that everything stopped.
    public let bootID: String
    /// The host's processors.
    public let cpus: CPUCount
    /// The host's memory.
    public let memory: ByteCount
    /// Our guests, in order of the ids.
    public let guests: [GuestSighting]
    /// A report.
    public init(number: Int64, bootID: String, cpus: CPUCount, memory: ByteCount, guests: [GuestSighting]) {
        self.number = number
        self.bootID = bootID
        self.cpus = cpus
        self.memory = memory
        self.guests = guests
    }
}

/// What was measured of a host.
public struct HostHealth: Hashable, Sendable, Codable {
    /// The host's own time when it was done.
    public let at: Timestamp
    /// What was found, in the order of the checks, each at most once.
    public let findings: [HostFinding]
    /// A host's health; puts the findings in order.
    public init(at: Timestamp, findings: [HostFinding]) {
        self.at = at
        self.findings = findings.sorted { $0.check.rawValue < $1.check.rawValue }
    }
}

/// What happened to guests after a cursor.
public struct GuestChanges: Hashable, Sendable, Codable {
    /// What is now true of the guests that changed, oldest change first.
    public let sightings: [GuestSighting]
    /// Where to go on.
    public let next: ChangeCursor
    /// Changes up to a cursor.
    public init(sightings: [GuestSighting], next: ChangeCursor) {
        self.sightings = sightings
        self.next = next
    }
}
