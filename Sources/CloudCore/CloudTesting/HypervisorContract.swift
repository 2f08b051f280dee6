// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

/// What the suite needs besides the hypervisor: guests that can be started, and a hand for what happens from outside. Written once
/// per implementation, simulated or real.
public protocol HypervisorFixture: Sendable {
    /// A new machine: fresh ids, its disks and devices are there. What is left of it is the fixture's to take away.
    func guest() async throws -> GuestDescription
    /// A data disk of 1 MiB that a guest may be given; it is there. What is left of it is the fixture's to take away.
    func dataDisk() async throws -> GuestDisk
    /// A card that a guest may be given; its device is there. What is left of it is the fixture's to take away.
    func port() async throws -> GuestPort
    /// An empty disk on the one that a guest boots from, which is a layer from then on; it is there.
    func disk(on guest: GuestDescription) async throws -> GuestDisk
    /// An operation's id that was never given before.
    func run() -> ID<OperationKind>
    /// Where memories are kept.
    var store: ID<StoreKind> { get }
    /// Lets a little time pass: moves a simulated clock, or waits a fifth of a second of real time.
    func pass() async throws
    /// A counter that grows by one a second while the guest's processors run, from 0 at a fresh start; nil where the fixture's
    /// guests have none. Such rules are then checked without it.
    func counter(of guest: GuestDescription) async throws -> Int64?
    /// Kills the guest's QEMU, out of band.
    func crash(_ guest: GuestDescription) async throws
    /// Defines a domain by hand, without our metadata, under an instance's name.
    func addStranger(named instance: ID<InstanceKind>) async throws
    /// Whether that domain is still as it was defined; takes it away.
    func removeStranger(named instance: ID<InstanceKind>) async throws -> Bool
    /// Whether guests have an agent.
    var hasAgent: Bool { get }
    /// Whether a guest shuts down when it is asked to.
    var obeys: Bool { get }
}

/// The contract of ``Hypervisor/HypervisorAbilities``, as rules that can be checked one by one. A rule leaves nothing behind, also where it is
/// broken, as far as `off` and `discard` work.
public struct HypervisorContract: Sendable {
    /// What must hold.
    public enum Rule: String, Sendable, CaseIterable {
        /// A second start of a running guest is harmless.
        case startTwice = "start twice"
        /// Off takes the domain away, a second one is harmless, and so is one where nothing ever was.
        case offTwice = "off twice, off of nothing"
        /// A command under an older fence is refused with `fence-stale` and changes nothing.
        case staleFence = "a stale fence changes nothing"
        /// A repeat of the same run and step returns and does nothing, whatever happened since.
        case repeats = "a repeat does nothing"
        /// A manager died while its command was on its way, and another undid the run: the command comes, and is refused.
        case undone = "what a run has undone does not come back"
        /// However many others went since, a late command brings nothing back.
        case gone = "what is gone stays gone while others go"
        /// Running, absent and crashed are told apart.
        case sightings = "each state is seen"
        /// Memory is saved, evident, woken, spent and discarded.
        case sleep = "suspend, wake, discard"
        /// Nothing can be suspended or woken where there is nothing.
        case nothingToWake = "no memory, no wake"
        /// A running guest gets a disk and lets it go again.
        case disks = "disks come and go while it runs"
        /// A running guest gets a card and lets it go again.
        case ports = "cards come and go while it runs"
        /// A guest goes on on another disk, and its memory of that moment is kept, recalled and woken from, more than once.
        case checkpoints = "checkpoints"
        /// One that is asked to shut down does so, and off clears what is left.
        case shutDown = "ask to shut down"
        /// Processors stand still and go on, and the memory is as it was.
        case pause = "pause and resume"
        /// A guest begins anew where it is asked or made to, and each new beginning is counted.
        case reset = "reset and reboot are counted"
        /// What a guest reads when it boots is kept beside it, and a guest is not started without it.
        case seeds = "seeds"
        /// What a guest shows can be looked at while it runs or stands still.
        case screen = "the screen"
        /// A domain that is not ours is never touched.
        case foreign = "a foreign domain is never touched"
        /// Reports are numbered, complete and in order.
        case reports = "reports"
        /// The host tells of itself, and no guest notices.
        case health = "health"
        /// Changes can be read on from any cursor without loss.
        case changes = "changes are never lost"
        /// The agent answers, or is silent within its limit.
        case agent = "the agent"
        /// Display and serial line can be reached while the guest is there, and end with it.
        case consoles = "consoles"
    }

    let host: any HypervisorAbilities
    let fixture: any HypervisorFixture

    /// The contract of a hypervisor.
    public init(of host: any HypervisorAbilities, with fixture: any HypervisorFixture) {
        self.host = host
        self.fixture = fixture
    }

    /// Checks every rule, one after the other; throws the first ``ContractViolation``.
    public func check() async throws {
        for rule in Rule.allCases { try await check(rule) }
    }

    /// Checks one rule; throws a ``ContractViolation`` where it does not hold, and whatever the hypervisor threw unexpectedly.
    public func check(_ rule: Rule) async throws {
        let trial = HypervisorTrial(rule: rule.rawValue, host: host, fixture: fixture)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await trial.check(rule)) } catch { outcome = .failure(error) }
        try await trial.cleanUp()
        try outcome.get()
    }
}
