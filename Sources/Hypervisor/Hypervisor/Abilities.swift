// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// The abilities of a hypervisor, written for a distance: values in, values out, every effect under a Command, every effect
// observable. All throw CloudError where the host refuses, OutcomeUnknown where the answer was lost, and a cancellation as such.
// A repeat with the same run and step returns the first result; a command under an older fence than one seen for the instance is
// refused with `fence-stale` and changes nothing. A domain that does not bear our metadata is never touched: an effect that would
// need its name is refused with `name-taken`.

/// Runs machines and stops them.
public protocol GuestPower: Sendable {
    /// Makes sure that the guest is defined and runs: defined, started paused, resumed. Harmless when it already runs. Refused with
    /// `not-found` where its seed is not there (``GuestSeeds``).
    func start(_ guest: GuestDescription, _ command: Command) async throws
    /// Makes sure that the guest neither runs nor is defined. Harmless when nothing is there, or a domain of that name that is not
    /// ours: it stays. Cuts the power.
    func off(_ instance: ID<InstanceKind>, _ command: Command) async throws
    /// Asks the guest to shut down (agent where it answers, else ACPI) and returns at once; what came of it is observed.
    func askToShutDown(_ instance: ID<InstanceKind>, _ command: Command) async throws
}

/// Changes the disks of a machine that runs.
public protocol GuestDisks: Sendable {
    /// Makes sure that the disk, one that lies on nothing, is a running guest's; it bears its ``GuestDisk/serial``. `slot` is its place on
    /// the bus, where no other is: those that the guest was started with have the places 0, 1 … in their order. Refused with `not-found` where there is no guest, `state-forbids` where it does not run.
    func attach(_ disk: GuestDisk, slot: Int, to instance: ID<InstanceKind>, _ command: Command) async throws
    /// Asks a running guest to let a disk go that was attached to it or that it was started with, and returns at once: what came of it is
    /// seen by ``disks(of:)``. Harmless where it has no such disk. Refused with `not-found` where there is no guest.
    func detach(_ disk: ID<DiskKind>, from instance: ID<InstanceKind>, _ command: Command) async throws
    /// Makes sure that a running guest's disk has at least the size. Refused as ``attach(_:slot:to:_:)``; `disk-full`.
    func grow(_ disk: GuestDisk, to size: ByteCount, of instance: ID<InstanceKind>, _ command: Command) async throws
    /// The disks that a guest has now, sorted; none where there is no guest.
    func disks(of instance: ID<InstanceKind>) async throws -> [ID<DiskKind>]
}

/// Changes the network cards of a machine that runs.
public protocol GuestPorts: Sendable {
    /// Makes sure that a running guest has the card, whose device is there and filtered. Refused with `not-found` where there is no guest,
    /// `state-forbids` where it does not run.
    func attach(_ port: GuestPort, to instance: ID<InstanceKind>, _ command: Command) async throws
    /// Asks a running guest to let a card go that was attached to it or that it was started with: what came of it is seen by
    /// ``cards(of:)``. Harmless where it has no such card. Refused with `not-found` where there is no guest.
    func detach(_ port: GuestPort, from instance: ID<InstanceKind>, _ command: Command) async throws
    /// The cards that a guest has now, sorted; none where there is no guest.
    func cards(of instance: ID<InstanceKind>) async throws -> [MACAddress]
}

/// Keeps a machine's disk, and its memory, as they are at a moment.
public protocol GuestCheckpoints: Sendable {
    /// Makes sure that a running guest writes `disk` from now on: one that is there, empty, on the disk that it boots from and wrote so far.
    /// Where `memory` is given, the guest's memory of that very moment is saved there, whole and durable: its processors stand still
    /// meanwhile. The guest is told nothing. Refused as ``GuestDisks/attach(_:slot:to:_:)``, and with `disk-full`; then it goes on as before.
    func turn(_ instance: ID<InstanceKind>, to disk: GuestDisk, keeping memory: MemoryImage?, _ command: Command) async throws
    /// Makes sure that the instance can be woken from the memory that a checkpoint keeps; the checkpoint keeps it all the same. What other
    /// memory the instance had is gone. Refused with `not-found` where the checkpoint has none.
    func recall(_ memory: MemoryImage, _ command: Command) async throws
}

/// Puts a machine's memory on disk and back.
public protocol GuestSuspend: Sendable {
    /// Makes sure that the guest's memory is saved and the guest no longer runs nor is defined. Refused with `not-found` where
    /// there is neither guest nor memory, with `state-forbids` where the guest is off or crashed.
    func suspend(_ instance: ID<InstanceKind>, to memory: MemoryImage, _ command: Command) async throws
    /// Makes sure that the guest runs on from its saved memory. Its space is held until ``discard(_:_:)``, but it is spent: once a
    /// guest has run on from it (or was started afresh beside it) the disk has moved on, and waking from it again would mix two
    /// times. So an undo of a wake that succeeded leads to *stopped*, not back to *suspended*. Refused with `memory-gone` where
    /// there is none or it is spent.
    func wake(_ guest: GuestDescription, from memory: MemoryImage, _ command: Command) async throws
    /// Makes sure that the saved memory is gone.
    func discard(_ memory: MemoryImage, _ command: Command) async throws
}

/// Lets a machine's processors stand still and go on, its memory staying where it is.
public protocol GuestPause: Sendable {
    /// Makes sure that the guest's processors stand still. Refused with `not-found` where there is no domain, with `state-forbids`
    /// where the guest is off or crashed.
    func pause(_ instance: ID<InstanceKind>, _ command: Command) async throws
    /// Makes sure that they go on; refused as ``pause(_:_:)``. A guest that paused by itself (``PauseCause/diskFull``) tries again what
    /// it could not do, and pauses again where that is still so.
    func resume(_ instance: ID<InstanceKind>, _ command: Command) async throws
}

/// Lets a machine begin anew where it is: its domain stays, its memory is gone. Each new beginning is counted in what is seen
/// (``GuestSighting/resets``), whoever caused it.
public protocol GuestReset: Sendable {
    /// Cuts the power and gives it again. Refused with `not-found` where there is no domain, with `state-forbids` unless it runs.
    func reset(_ instance: ID<InstanceKind>, _ command: Command) async throws
    /// Asks the guest to reboot (agent where it answers, else ACPI) and returns at once; what came of it is observed. Refused as
    /// ``reset(_:_:)``.
    func askToReboot(_ instance: ID<InstanceKind>, _ command: Command) async throws
}

/// Tells what is.
public protocol GuestObserver: Sendable {
    /// What the hypervisor sees of one instance now.
    func observe(_ instance: ID<InstanceKind>) async throws -> GuestSighting
    /// Whether the host still saves a guest's memory, or turns it to another disk, be it for somebody who waits for it no more: what becomes
    /// of that is not to be seen yet, and another such command ends with an unknown outcome. False where there is no guest.
    func isAtWork(on instance: ID<InstanceKind>) async throws -> Bool
    /// Whether saved memory is there, complete and not spent: whether it can be woken from.
    func observe(_ memory: MemoryImage) async throws -> Evidence<MemoryImage>
    /// Everything of ours on the host, with the host's own evidence.
    func report() async throws -> HostReport
    /// What changed after a cursor; at most 1,000 at a time. A cursor of an earlier boot answers with everything. A guest that
    /// changed twice in between is told once, as it is now.
    func changes(since cursor: ChangeCursor) async throws -> GuestChanges
}

/// Talks to the agent inside a guest. Its answers are the guest's word: shown, never trusted. Every call ends within 10 s with an
/// answer or `agent-silent`.
public protocol GuestAgent: Sendable {
    /// Whether the agent answers.
    func ping(_ instance: ID<InstanceKind>) async throws
    /// The addresses that the guest says it has, loopback left out, sorted; at most 64 are read.
    func addresses(_ instance: ID<InstanceKind>) async throws -> [String]
    /// Sets the guest's clock to the host's: a restored guest is behind by the time it slept.
    func setClock(_ instance: ID<InstanceKind>) async throws
}

/// Lets people into a guest, through its agent. Refused with `agent-silent` where the agent was not spoken to, with `agent-refused` where
/// it says that it did not; the outcome is unknown where it was told and did not answer. That it says *done* is the guest's word.
public protocol GuestLogin: Sendable {
    /// Makes `keys` (OpenSSH lines) log in as `account`, replacing what was there before.
    func authorize(_ keys: [String], for account: String, in instance: ID<InstanceKind>, _ command: Command) async throws
    /// Makes a password log in as `account`.
    func setPassword(_ password: GuestPassword, for account: String, in instance: ID<InstanceKind>, _ command: Command) async throws
}

/// Leaves a word for those who use a guest, through its agent. Refusals and doubt are those of ``GuestLogin``.
public protocol GuestNotes: Sendable {
    /// Makes sure that whoever logs in reads this, and nothing of what was left before; those who are in are told once. A guest that begins
    /// anew has lost it.
    func leave(_ note: GuestNote, in instance: ID<InstanceKind>, _ command: Command) async throws
}

/// Keeps what guests read when they boot, each on a volume of its own that its guest may read and not write
/// (``GuestDescription/seed``). A volume is readable for the host's account and its guest's QEMU alone.
public protocol GuestSeeds: Sendable {
    /// Makes sure that the volume is there and holds this. One that a guest has already read is read again at its next boot.
    func ensure(_ seed: GuestSeed, on volume: SeedVolume, _ command: Command) async throws
    /// Makes sure that the volume is gone. It is not taken from a guest that runs: take that off before.
    func remove(_ volume: SeedVolume, _ command: Command) async throws
    /// Whether the volume is there.
    func observe(_ volume: SeedVolume) async throws -> Evidence<SeedVolume>
}

/// Shows what a guest shows.
public protocol GuestScreen: Sendable {
    /// The guest's screen now. Refused with `not-found` where there is no domain, with `state-forbids` where the guest is off or crashed,
    /// with `unavailable` where it has no screen.
    func screenshot(of instance: ID<InstanceKind>) async throws -> GuestScreenshot
}

/// Tells whether the host itself is as guests need it.
public protocol HypervisorHealth: Sendable {
    /// Measures, which takes a second, and at most fifteen where the host is slow. What cannot be done is a finding and not thrown; thrown is
    /// `host-unreachable` where the host itself does not answer. No guest notices, nothing is left, and a repeat is harmless.
    func health() async throws -> HostHealth
}

/// All that a host's hypervisor can do.
public typealias HypervisorAbilities = GuestCheckpoints & GuestDisks & GuestPower & GuestSuspend & GuestPause & GuestReset & GuestObserver
    & GuestAgent & GuestLogin & GuestNotes & GuestPorts & GuestScreen & GuestSeeds & GuestConsole & HypervisorHealth
