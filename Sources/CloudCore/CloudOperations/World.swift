// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudStore
public import CloudWorkflow
public import Hypervisor
public import ImageStore
public import NetFabric

/// Everything that operations reach for. Composed once, by a daemon, an embedder, a simulation or a test.
public struct World: Sendable {
    /// The records.
    public let store: any Store
    /// The hosts.
    public let hosts: HostDirectory
    /// Wall time.
    public let clock: any WallClock
    /// New ids.
    public let ids: any IDSource
    /// New passwords.
    public let passwords: any PasswordSource
    /// Seals what only operators of an instance may see, and signs links.
    public let sealer: any Sealer & LinkSigner
    /// Intervals and limits of this moment.
    public var settings: Settings { live.value }
    /// The same, to be set while the cloud runs. What has begun may go on by what held when it began.
    public let live: Live<Settings>
    /// When each host was last asked.
    let looks = HostLooks()
    /// Disks whose removal was refused, and how long each is let alone.
    let notCollected = Refusals<DiskKind>()
    /// Machines that run and are not ready, and whose guests did not answer.
    let notReady = Refusals<InstanceKind>(first: .seconds(10), longest: .seconds(300))

    /// A world.
    public init(
        store: any Store, hosts: HostDirectory, clock: any WallClock, ids: any IDSource, passwords: any PasswordSource,
        sealer: any Sealer & LinkSigner, settings: Settings = Settings()
    ) {
        self.store = store
        self.hosts = hosts
        self.clock = clock
        self.ids = ids
        self.passwords = passwords
        self.sealer = sealer
        live = Live(settings)
    }
}

/// The abilities of one host: local adapters, or a client of a daemon on it.
public struct HostParts: Sendable {
    /// Runs machines.
    public let guests: any HypervisorAbilities
    /// Connects them.
    public let fabric: any FabricAbilities
    /// Keeps their disks.
    public let disks: any StoreAbilities
    /// Looks whether they answer.
    public let probe: any PortProbe

    /// The parts of a host.
    public init(
        guests: any HypervisorAbilities, fabric: any FabricAbilities, disks: any StoreAbilities, probe: any PortProbe
    ) {
        self.guests = guests
        self.fabric = fabric
        self.disks = disks
        self.probe = probe
    }
}

/// The hosts that this manager can speak to.
public struct HostDirectory: Sendable {
    private let parts: [ID<HostKind>: HostParts]

    /// A directory of hosts.
    public init(_ parts: [ID<HostKind>: HostParts]) { self.parts = parts }

    /// The ids, in order.
    public var ids: [ID<HostKind>] { parts.keys.sorted() }

    /// The parts of a host; throws ``CloudModel/ErrorCode/hostUnreachable`` for one that this manager cannot speak to.
    public func parts(of host: ID<HostKind>) throws(CloudError) -> HostParts {
        guard let parts = parts[host] else { throw CloudError(.hostUnreachable, ["host": host.text]) }
        return parts
    }
}

/// Where passwords come from. Injected, so that a simulation can repeat them.
public protocol PasswordSource: Sendable {
    /// A new password of 20 characters, at least 100 bits of chance.
    func next() -> Secret
}

/// Intervals and limits that operations keep to.
public struct Settings: Sendable, Hashable {
    /// How long a start waits for the guest to be ready.
    public var readyLimit = Duration.seconds(300)
    /// How long a guest has to shut itself down.
    public var shutDownLimit = Duration.seconds(90)
    /// How often a guest is looked at while it is waited for.
    public var pollInterval = Duration.milliseconds(250)
    /// How long name and addresses of a destroyed instance are kept.
    public var addressesKept = Duration.seconds(7 * 86_400)
    /// How much of a network's addresses, and of its public ports, is to be free, in per cent: of those that are kept for destroyed instances the oldest go until it
    /// is, or none is left that is only kept.
    public var addressesFreePercent = 20
    /// How long a destroyed instance's disk stays in the trash; the collector never takes a younger one.
    public var trashKept = Duration.seconds(7 * 86_400)
    /// How long bytes wait to be imported; the collector never takes younger ones.
    public var uploadsKept = Duration.seconds(86_400)
    /// How long events are kept for those who follow them; whoever comes later is told to read the lists again.
    public var eventsKept = Duration.seconds(7 * 86_400)
    /// How long notices are kept, whether they were read or not.
    public var noticesKept = Duration.seconds(30 * 86_400)
    /// How often hosts are asked for their reports.
    public var watchInterval = Duration.seconds(3)
    /// How often the keys that running guests were told are compared with those that are due.
    public var keyInterval = Duration.seconds(10)
    /// How often machines are looked at that run, are not ready, and for which nobody waits.
    public var readyInterval = Duration.seconds(10)
    /// How often leases are looked at, and that the manager is alive written down.
    public var sweepInterval = Duration.seconds(60)
    /// How long nobody must have looked for it to be an absence.
    public var absenceAfter = Duration.seconds(300)
    /// The longest absence that is believed; behind a longer one stands rather a clock that was set wrongly.
    public var longestAbsence = Duration.seconds(180 * 86_400)
    /// How far a clock may go back without an alarm, as one does that is put right.
    public var clockTolerance = Duration.seconds(60)
    /// How many instances the cloud may destroy by itself in an hour; of few instances half, but ten in any case.
    public var destroyedInAnHour = 100
    /// How many disks of the trash the cloud may remove in an hour; of few half, but fifty in any case.
    public var collectedInAnHour = 400
    /// How much of a store is to be free, in per cent: disks of the trash go, oldest first, until it is.
    public var freePercent = 20
    /// How much of a store is left to what is there already, in per cent: with less free, nothing new takes room.
    /// ``CloudModel/HostFinding`` calls it wrong.
    public var reservedPercent = 5
    /// After how many bytes of an upload its store is looked at again.
    public var roomLookedAt = ByteCount.mebibytes(256)
    /// How often what hosts serve is compared with the records.
    public var driftInterval = Duration.seconds(5)
    /// How often the trash is looked through.
    public var collectorInterval = Duration.seconds(60)
    /// How old a host's word may be before its instances are shown as unknown (invariant I12).
    public var freshness = Duration.seconds(15)
    /// The largest disk that an image may describe.
    public var imageLimit = ByteCount.gibibytes(1024)
    /// What a person or group without an account of their own may use: several classes at once.
    public var limits = ResourceAmounts(
        instances: 250, disk: .gibibytes(10_240), cpus: CPUCount(500), memory: .gibibytes(1000), forwardedPorts: 250)

    /// The defaults.
    public init() {}
}

/// A verb of the cloud: asks `decide`, charges a group, writes activity and event in the transaction of the change.
public protocol CloudOperation: JournaledOperation where Transaction == any StoreTransaction, World == CloudOperations.World {
    /// Who asks.
    var principal: Principal { get }
}

extension CloudOperation {
    /// The principal's user.
    public var actor: String { principal.user.text }
}

/// The flow of a verb of the cloud.
public typealias CloudFlow = Flow<any StoreTransaction>

extension StepKey {
    /// The command of this step under a claim's fence.
    func command(_ fence: Fence) throws(CloudError) -> Command {
        guard let id = ID<OperationKind>(run.text) else { throw CloudError(.internalFault, ["part": "operation id \(run.text)"]) }
        return Command(run: id, step: step, fence: fence)
    }
}
