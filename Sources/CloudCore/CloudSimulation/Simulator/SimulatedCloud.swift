// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
public import CloudStore
import CloudWorkflow
import Synchronization

/// A whole cloud in simulated time: hosts, a disk, managers that live on it one after the other, and what goes wrong. Everything runs on
/// the thread that calls ``tell(_:)``, and the same seed tells the same story, line by line (``log``).
///
/// ```
///   begins ──▶ a manager lives ──▶ it dies (Faults, or crashManager()) ──▶ the disk is opened by the next, a second later ──┐
///                 ▲                                                                                                      │
///                 └──────────────────────────────────────────────────────────────────────────────────────────────────┘
/// ```
public final class SimulatedCloud: Sendable {
    /// The disk on which the records are: it outlives managers, and the next one's store is a view of it that ends the writing of all
    /// before it.
    public typealias Disk = @Sendable () throws -> any Store

    /// No manager lives at the moment.
    public struct ManagerIsAway: Error, Hashable, Sendable {}

    /// The time, and the thread of everything.
    public let simulator = Simulator()
    /// What happened.
    public let log: StoryLog
    /// All chance.
    public let chance: Chance
    /// The hosts, in the order of their ids.
    public let hosts: [ID<HostKind>: SimulatedHost]
    /// The wall clock of managers.
    public let clock: SimulatorWallClock

    private struct State {
        var faults = Faults()
        var manager: (cloud: Cloud, life: ManagerLife)?
        var lives = 0
        var isOver = false
        var steps = 0
        var lookDue = 0
    }
    private let state = Mutex(State())
    private let disk: Disk
    let ids: SeededSources
    let watch = InvariantWatch()
    let troubles = Troubles()
    private let settings: Settings
    private let stepsBetweenLooks: Int

    /// A cloud of a seed.
    /// - Parameters:
    ///   - hosts: as they are at the beginning.
    ///   - disk: opens the records for the next manager, prepared for these hosts.
    ///   - lines: how many lines of the log are kept.
    ///   - stepsBetweenLooks: all rules are looked at every so many steps; some at each.
    public init(
        seed: UInt64, hosts: [ID<HostKind>: SimulatedHost.State], disk: @escaping Disk, begins: Timestamp, settings: Settings = Settings(),
        bootTime: Duration = .seconds(3), keeping lines: Int = 2000, stepsBetweenLooks: Int = 100
    ) {
        self.stepsBetweenLooks = stepsBetweenLooks
        let (simulator, wires) = (simulator, Wires())
        // Guests count by a clock that nobody sets.
        let steady = SimulatorWallClock(simulator, begins: begins)
        clock = SimulatorWallClock(simulator, begins: begins)
        self.disk = disk
        self.settings = settings
        chance = Chance(seed: seed)
        log = StoryLog(keeping: lines)
        ids = SeededSources(seed: seed)
        self.hosts = Dictionary(
            uniqueKeysWithValues: hosts.map { id, state in
                (id, SimulatedHost(state: state, clock: steady, bootTime: bootTime, faults: { try await wires.call(id, $0, $1, $2) }))
            })
        wires.end.withLock { $0.cloud = self }
    }

    /// How hosts reach the cloud of which they are parts.
    private final class Wires: Sendable {
        struct End { weak var cloud: SimulatedCloud? }
        let end = Mutex(End())
        func call(_ host: ID<HostKind>, _ call: String, _ subject: String, _ phase: EffectPhase) async throws {
            try await end.withLock { $0.cloud }?.reach(host, call, subject, phase)
        }
    }

    // MARK: The story

    /// Tells a story, with managers alive beside it, and gives what it gives. May be called again: the time goes on. Throws what the story
    /// throws, and ``Simulator/Stuck``.
    public func tell<Result: Sendable>(_ story: @escaping @Sendable (SimulatedCloud) async throws -> Result) throws -> Result {
        state.withLock { $0.isOver = false }
        return try simulator.run { [self] in
            try await withThrowingTaskGroup(of: Result?.self) { tasks in
                tasks.addTask {
                    try await self.keepManaging(); return nil
                }
                tasks.addTask {
                    defer { self.end() }
                    return try await story(self)
                }
                var told: Result?
                while let result = try await tasks.next() { told = result ?? told }
                guard let told else { throw CancellationError() }
                return told
            }
        }
    }

    private func end() {
        let life = state.withLock { state in
            state.isOver = true
            return state.manager?.life
        }
        life?.end()
    }

    /// Managers, one after the other.
    private func keepManaging() async throws {
        while !state.withLock({ $0.isOver }) {
            let number = state.withLock { state in
                state.lives += 1
                return state.lives
            }
            let life = ManagerLife(number) { self.dies(at: $0) }
            do {
                let world = World(
                    store: SimulatedStore(try disk(), of: self), hosts: HostDirectory(hosts.mapValues(\.parts)), clock: clock, ids: ids,
                    passwords: ids, sealer: SimulatedSealer(), settings: settings)
                let cloud = Cloud(world: world, clock: simulator.clock, probe: life)
                add("manager \(number) begins")
                state.withLock { $0.manager = (cloud, life) }
                await ManagerLife.$current.withValue(life) {
                    await withTaskGroup(of: Void.self) { tasks in
                        tasks.addTask { await cloud.serve() }
                        await life.untilItsEnd()
                        tasks.cancelAll()
                    }
                }
            }
            state.withLock { $0.manager = nil }
            add("manager \(number) is gone")
            if state.withLock({ $0.isOver }) { return }
            try await simulator.clock.sleep(for: .seconds(1))
        }
    }

    private func dies(at point: String) -> Bool {
        guard chance.happens(faults.managerDies, of: "manager dies") else { return false }
        add("manager dies \(point)")
        return true
    }

    // MARK: What a story does

    /// What goes wrong from now on; what goes wrong at the moment lasts, or ends at once where nothing does any more.
    public var faults: Faults {
        get { state.withLock { $0.faults } }
        set {
            state.withLock { $0.faults = newValue }
            if newValue == Faults() { heal() }
        }
    }

    /// Asks the manager of this moment. Throws ``ManagerIsAway`` where none lives, and ``ManagerDied``, or what a cut connection says, where
    /// it dies meanwhile: then nobody knows what became of what was asked.
    public func ask<Answer>(_ body: (Cloud) async throws -> Answer) async throws -> Answer {
        guard let (cloud, life) = state.withLock({ $0.manager }) else { throw ManagerIsAway() }
        return try await ManagerLife.$current.withValue(life) { try await body(cloud) }
    }

    /// Ends the manager of this moment, as a power cut does; harmless where none lives.
    public func crashManager() {
        guard let life = state.withLock({ $0.manager?.life }) else { return }
        add("manager is killed")
        life.end()
    }

    /// The same, where it is the one of this number.
    func crashManager(_ number: Int) { if state.withLock({ $0.manager?.life.number == number }) { crashManager() } }

    /// Lets the time pass.
    public func wait(_ duration: Duration) async throws { try await simulator.clock.sleep(for: duration) }

    /// From now on this becomes of calls to a host.
    public func set(_ reach: Scenario.Reach, of host: ID<HostKind>) {
        add("\(host): calls are \(reach.rawValue)")
        troubles.set(reach, of: host)
    }

    func add(_ line: String) { log.add("\(simulator.now.elapsed.wholeMilliseconds) \(line)") }

    // MARK: Rules

    /// The rules that were broken.
    public var violations: [Violation] { watch.violations }
    /// How many steps there were: commits, and calls that reached a host.
    public var steps: Int { state.withLock { $0.steps } }
    /// How many managers there were, this one among them.
    public var managers: Int { state.withLock { $0.lives } }

    func step() { state.withLock { $0.steps += 1 } }

    var surroundings: InvariantWatch.Surroundings {
        .init(now: clock.now(), elapsed: simulator.now.elapsed, settings: settings, hosts: hosts)
    }

    func lookAtEverythingNowAndThen(_ store: any Store) async throws {
        let isDue = state.withLock { state in
            guard state.steps >= state.lookDue else { return false }
            state.lookDue = state.steps + stepsBetweenLooks
            return true
        }
        if isDue { try await look(in: store, isLast: false) }
    }

    /// Looks at everything now, as at the end of a story.
    public func lookAtEverything(in store: any Store) async throws { try await look(in: store, isLast: true) }

    private func look(in store: any Store, isLast: Bool) async throws {
        let (watch, around) = (watch, surroundings)
        try await store.read { try watch.whole($0, around, isLast: isLast) }
    }

    /// Looks at everything at the end of a story in which nothing goes wrong any more: what was taken has its record (I34), and has ended (I42).
    func expectEverythingEnded(_ taken: [ID<OperationKind>]) async throws {
        try await ask { manager in
            let store = manager.world.store
            for run in try await store.unfinishedRuns() { watch.broken(.liveness, by: "\(run.kind) \(run.id) has not ended: \(run)") }
            for id in taken {
                guard try await store.run(RunID(id.text)) == nil else { continue }
                watch.broken(.acknowledged, by: "\(id) was acknowledged and is lost")
            }
            try await lookAtEverything(in: store)
        }
    }
}
