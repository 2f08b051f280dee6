// SPDX-License-Identifier: Apache-2.0

/// What goes wrong in a simulation, and how often: so many times in a hundred thousand, counted at each place where it could.
///
/// What lasts (a host that is slow, a store that is full) lasts for seconds to a minute, and ends at once where nothing goes wrong any more.
public struct Faults: Sendable, Hashable {
    /// The manager dies at a border of a step, or around a call.
    public var managerDies = 0
    /// A call does not arrive: `host-unreachable`.
    public var callLost = 0
    /// A call arrived, and its answer does not: its outcome is unknown.
    public var answerLost = 0
    /// A call takes a hundred times as long.
    public var callLate = 0
    /// A command that was carried out arrives once more, up to a minute later.
    public var callDoubled = 0
    /// A command is waited for no more, and arrives up to a minute later: before the next of its run on the same thing, or behind those of others.
    public var callGivenUp = 0
    /// A host loses its power: its machines are off, what is in memory is gone, and for a while nothing reaches it.
    public var hostCrashes = 0
    /// A host takes ten seconds for each call.
    public var hostSlow = 0
    /// Calls do not reach a host, and whoever makes them is told so.
    public var hostCutOff = 0
    /// Calls do not reach a host, and nobody says so.
    public var hostDeaf = 0
    /// Calls reach a host, and its answers reach nobody.
    public var hostMute = 0
    /// A host's store of images and disks is full.
    public var storeFull = 0
    /// The manager's wall clock is set, forward or back, by seconds to a day.
    public var clockJumps = 0
    /// A commit is durable, and the answer is that the store is away.
    public var commitUnknown = 0
    /// A commit is refused, because the disk of the store is full.
    public var commitRefused = 0
    /// A commit's fsync fails: it is durable or not, and this manager commits nothing any more. It is started anew after a while.
    public var syncFails = 0

    /// None.
    public init() {}

    /// Each fault by the name that scenarios have for it.
    private static let fields: [String: any WritableKeyPath<Faults, Int> & Sendable] = [
        "manager-dies": \.managerDies, "call-lost": \.callLost, "answer-lost": \.answerLost, "call-late": \.callLate,
        "call-doubled": \.callDoubled, "call-given-up": \.callGivenUp, "host-crashes": \.hostCrashes, "host-slow": \.hostSlow,
        "host-cut-off": \.hostCutOff, "host-deaf": \.hostDeaf, "host-mute": \.hostMute, "store-full": \.storeFull,
        "clock-jumps": \.clockJumps, "commit-unknown": \.commitUnknown, "commit-refused": \.commitRefused, "sync-fails": \.syncFails,
    ]
    /// The names of the faults, sorted.
    public static var names: [String] { fields.keys.sorted() }
    /// Sets a fault by its name; says whether there is one of that name.
    @discardableResult public mutating func set(_ name: String, to rate: Int) -> Bool {
        guard let field = Self.fields[name] else { return false }
        self[keyPath: field] = rate
        return true
    }

    /// As ``some``, and managers that die fifteen times as often: few stories have none, and some die while they take up what another left.
    public static var deadly: Faults {
        var faults = some
        faults.managerDies = 1500
        return faults
    }

    /// All of them, now and then.
    public static var some: Faults {
        var faults = Faults()
        faults.managerDies = 100
        faults.callLost = 300
        faults.answerLost = 300
        faults.callLate = 200
        faults.callDoubled = 1000
        faults.callGivenUp = 300
        faults.hostCrashes = 20
        faults.hostSlow = 20
        faults.hostCutOff = 20
        faults.hostDeaf = 20
        faults.hostMute = 20
        faults.storeFull = 20
        faults.clockJumps = 30
        faults.commitUnknown = 30
        faults.commitRefused = 30
        faults.syncFails = 10
        return faults
    }
}
