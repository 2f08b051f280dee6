// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
public import CloudStore
import CloudWorkflow
import Hypervisor
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
    /// The wall clock of managers and hosts.
    public let clock: SimulatorWallClock

    private struct State {
        var faults = Faults()
        var manager: (cloud: Cloud, life: ManagerLife)?
        var lives = 0
        var isOver = false
        var steps = 0
        var lookDue = 0
        /// What becomes of the calls of hosts with which something is wrong.
        var reaches: [ID<HostKind>: Scenario.Reach] = [:]
    }
    private let state = Mutex(State())
    private let disk: Disk
    let ids: SeededSources
    let watch = InvariantWatch()
    private let settings: Settings

    /// A cloud of a seed.
    /// - Parameters:
    ///   - hosts: as they are at the beginning.
    ///   - disk: opens the records for the next manager, prepared for these hosts.
    public init(
        seed: UInt64, hosts: [ID<HostKind>: SimulatedHost.State], disk: @escaping Disk, begins: Timestamp, settings: Settings = Settings(),
        bootTime: Duration = .seconds(3), keeping lines: Int = 2000
    ) {
        let (simulator, wires) = (simulator, Wires())
        let clock = SimulatorWallClock(simulator, begins: begins)
        self.clock = clock
        self.disk = disk
        self.settings = settings
        chance = Chance(seed: seed)
        log = StoryLog(keeping: lines)
        ids = SeededSources(seed: seed)
        self.hosts = Dictionary(
            uniqueKeysWithValues: hosts.map { id, state in
                (id, SimulatedHost(state: state, clock: clock, bootTime: bootTime, faults: { try await wires.call(id, $0, $1, $2) }))
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

    /// What goes wrong from now on.
    public var faults: Faults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
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

    /// Lets the time pass.
    public func wait(_ duration: Duration) async throws { try await simulator.clock.sleep(for: duration) }

    /// From now on this becomes of calls to a host.
    public func set(_ reach: Scenario.Reach, of host: ID<HostKind>) {
        add("\(host): calls are \(reach.rawValue)")
        state.withLock { $0.reaches[host] = reach }
    }

    func add(_ line: String) { log.add("\(simulator.now.elapsed.wholeMilliseconds) \(line)") }

    // MARK: What calls meet on their way

    /// A call on its way to a host, and its answer on its way back.
    private func reach(_ host: ID<HostKind>, _ call: String, _ subject: String, _ phase: EffectPhase) async throws {
        let (life, faults) = (ManagerLife.current, faults)
        try life?.mustLive()
        guard life != nil else { return }
        let reach = state.withLock { $0.reaches[host] } ?? .whole
        let what = [host.text, call, subject].filter { !$0.isEmpty }.joined(separator: " ")
        switch phase {
        case .before:
            try await travel(faults, reach)
            try life?.pass("before \(call) \(subject)")
            if reach == .cutOff || chance.happens(faults.callLost, of: "call lost") {
                add("\(what) is lost")
                try await wait(.seconds(5))
                throw CloudError(.hostUnreachable, ["host": host.text])
            }
        case .after:
            add(what)
            watch.effect(on: subject, over: hosts)
            step()
            try life?.pass("after \(call) \(subject)")
            if reach == .mute || chance.happens(faults.answerLost, of: "answer lost") {
                add("\(what): its answer is lost")
                try await wait(.seconds(5))
                throw OutcomeUnknown("the answer to \(call) \(subject) was lost")
            }
            try await travel(faults, .whole)
        }
        try life?.mustLive()
    }

    private func travel(_ faults: Faults, _ reach: Scenario.Reach) async throws {
        if reach == .slow { try await wait(.seconds(10)) }
        let time = chance.between(.milliseconds(1), .milliseconds(20), of: "travel")
        try await wait(chance.happens(faults.callLate, of: "call late") ? time * 100 : time)
    }

    // MARK: Rules

    /// The rules that were broken.
    public var violations: [Violation] { watch.violations }
    /// How many steps there were: commits, and calls that reached a host.
    public var steps: Int { state.withLock { $0.steps } }
    /// How many managers there were, this one among them.
    public var managers: Int { state.withLock { $0.lives } }
    /// All rules are looked at every so many steps; some at each.
    public static let stepsBetweenLooks = 100

    private func step() { state.withLock { $0.steps += 1 } }

    func lookAtEverythingNowAndThen(_ store: any Store) async throws {
        let isDue = state.withLock { state in
            guard state.steps >= state.lookDue else { return false }
            state.lookDue = state.steps + Self.stepsBetweenLooks
            return true
        }
        if isDue { try await lookAtEverything(in: store) }
    }

    /// Looks at everything now.
    public func lookAtEverything(in store: any Store) async throws {
        let (watch, hosts) = (watch, hosts)
        try await store.read { try watch.whole($0, over: hosts) }
    }

    // MARK: What commits meet

    /// Before a commit: throws where it is refused.
    func beforeCommit() throws {
        try ManagerLife.current?.mustLive()
        if chance.happens(faults.commitRefused, of: "commit refused") {
            add("a commit is refused")
            throw CloudError(.storeUnavailable, ["reason": "the disk of the store is full"])
        }
    }

    /// After a commit: throws where nobody learns of it.
    func afterCommit() throws {
        step()
        try ManagerLife.current?.pass("after a commit")
        if chance.happens(faults.commitUnknown, of: "commit unknown") {
            add("a commit is not answered")
            throw CloudError(.storeUnavailable, ["reason": "the store does not answer"])
        }
    }
}

/// The wall clock of a simulation: it goes with the simulator's time, and can be set.
public final class SimulatorWallClock: WallClock {
    private let simulator: Simulator
    private let begins: Timestamp
    private let ahead = Mutex(Duration.zero)

    init(_ simulator: Simulator, begins: Timestamp) {
        self.simulator = simulator
        self.begins = begins
    }

    /// The present moment.
    public func now() -> Timestamp { begins + simulator.now.elapsed + ahead.withLock { $0 } }
    /// Sets the clock forward, or back by a negative duration: those who wait are not touched.
    public func jump(by duration: Duration) { ahead.withLock { $0 += duration } }
}

/// The store of one manager's life, with what goes wrong at commits.
struct SimulatedStore: Store {
    private let inner: any Store
    private unowned let cloud: SimulatedCloud

    init(_ inner: any Store, of cloud: SimulatedCloud) {
        self.inner = inner
        self.cloud = cloud
    }

    func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
        try cloud.beforeCommit()
        let watch = cloud.watch
        let result = try await inner.write { try body(WatchedTransaction(inner: $0, watch: watch)) }
        try cloud.afterCommit()
        try await cloud.lookAtEverythingNowAndThen(inner)
        return result
    }
    func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result { try await inner.read(body) }
    func dump() async throws -> [String: [String]] { try await inner.dump() }
    func unfinishedRuns() async throws -> [RunRecord] { try await inner.unfinishedRuns() }
    func openRuns() async throws -> OpenRuns { try await inner.openRuns() }
}
