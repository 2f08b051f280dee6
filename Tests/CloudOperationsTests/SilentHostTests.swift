// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStore
import CloudStoreSQLite
import CloudWorkflow
import Synchronization
import Testing

/// A verb that is at work on a host which hangs says so within 30 s, though its own call may take minutes. Nobody is blamed who was not asked, or
/// whose manager did not live while it waited.
@Suite struct SilentHostTests {
    /// Calls of a host that are held back, or answered in its place.
    private final class Gate: Sendable {
        private struct State {
            var shut: Set<String> = []
            var answers: [String: CloudError] = [:]
            var held: [Int: (call: String, goOn: AsyncStream<Void>.Continuation)] = [:]
            var count = 0
        }
        private let state = Mutex(State())

        func shut(_ call: String) { state.withLock { _ = $0.shut.insert(call) } }
        func answer(_ call: String, with error: CloudError) { state.withLock { $0.answers[call] = error } }
        func open(_ call: String) {
            let held = state.withLock { state in
                (state.shut, state.answers[call]) = (state.shut.subtracting([call]), nil)
                let held = state.held.filter { $0.value.call == call }
                for number in held.keys { state.held[number] = nil }
                return held.values.map(\.goOn)
            }
            for goOn in held { goOn.finish() }
        }
        func held(_ call: String) -> Int { state.withLock { $0.held.values.count { $0.call == call } } }

        func pass(_ call: String) async throws {
            let (stream, goOn) = AsyncStream<Void>.makeStream()
            let number = try state.withLock { state -> Int? in
                if let answer = state.answers[call] { throw answer }
                guard state.shut.contains(call) else { return nil }
                state.count += 1
                state.held[state.count] = (call, goOn)
                return state.count
            }
            guard let number else { return }
            for await _ in stream {}
            state.withLock { $0.held[number] = nil }
            try Task.checkCancellation()
        }
    }

    /// Records that take no changes while they are told so.
    private struct RefusingStore: Store {
        final class Switch: Sendable {
            let refuses = Mutex(false)
        }
        let inner: any Store
        let off: Switch
        func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
            if off.refuses.withLock({ $0 }) { throw CloudError(.storeUnavailable, ["reason": "the disk of the store is full"]) }
            return try await inner.write(body)
        }
        func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result {
            try await inner.read(body)
        }
        func dump() async throws -> [String: [String]] { try await inner.dump() }
        func unfinishedRuns() async throws -> [RunRecord] { try await inner.unfinishedRuns() }
        func openRuns(besides known: Set<RunID>) async throws -> OpenRuns { try await inner.openRuns(besides: known) }
    }

    /// A machine that runs, and managers of it.
    private struct Scene {
        let gate = Gate()
        let clock = HandClock()
        let records = RefusingStore.Switch()
        let site: Site
        let instance: ID<InstanceKind>
        let host: SimulatedHost

        init() async throws {
            site = try await Site()
            instance = try await site.launch("mine", by: site.anna)[0]
            host = SimulatedHost(
                state: site.host.snapshot(), clock: site.clock,
                faults: { [gate] call, _, phase in if phase == .before { try await gate.pass(call) } })
        }

        func manager(_ number: UInt64) -> Cloud {
            let world = SimulatedSite.world(
                store: RefusingStore(inner: site.disk, off: records), host: host, clock: site.clock,
                sources: SeededSources(seed: 1 + number))
            return Cloud(world: world, clock: clock)
        }

        /// A manager lives, and does its work while the body looks.
        func living(_ cloud: Cloud, _ body: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await cloud.serve() }
                defer { tasks.cancelAll() }
                try await body()
            }
        }

        /// A suspend that is at work on the host, which takes its time.
        func suspend(_ cloud: Cloud) async throws -> ID<OperationKind> {
            gate.shut("memory.suspend")
            let begun = try await cloud.submit(SuspendInstance(by: site.anna, instance: instance)).operation
            try await until { gate.held("memory.suspend") == 1 }
            try await rest()
            return begun
        }

        func isSilent(_ run: ID<OperationKind>, _ cloud: Cloud) async throws -> Bool {
            try await cloud.operation(run, for: site.anna).hostIsSilent
        }

        /// Until all eight that live in a cloud of one host sleep, the one whose question is held back not counted.
        func rest() async throws { try await until { clock.asleep + gate.held("host.report") >= 8 } }

        /// So much time passes, for the manager and by the wall.
        func live(_ seconds: Int) async throws {
            for _ in 0..<seconds {
                try await rest()
                site.clock.advance(by: .seconds(1))
                clock.advance(by: .seconds(1))
            }
            try await rest()
        }

        func until(_ holds: () async throws -> Bool) async throws {
            for _ in 0..<1_000_000 {
                if try await holds() { return }
                await Task.yield()
            }
            throw NeverHeld()
        }
    }
    private struct NeverHeld: Error {}

    /// It gives no answer at all, or none can be had; both say so within 30 s and no longer than that lasts.
    @Test(arguments: [true, false]) func aVerbOnAHostThatDoesNotAnswerSaysSo(hanging: Bool) async throws {
        let scene = try await Scene()
        let cloud = scene.manager(1)
        try await scene.living(cloud) {
            let run = try await scene.suspend(cloud)
            for _ in 0..<2 {
                #expect(try await !scene.isSilent(run, cloud))
                if hanging {
                    scene.gate.shut("host.report")
                } else {
                    scene.gate.answer("host.report", with: CloudError(.hostUnreachable, ["host": "host-1"]))
                }
                try await scene.live(15)
                #expect(try await !scene.isSilent(run, cloud), "15 s are allowed")
                try await scene.live(10)
                #expect(try await scene.isSilent(run, cloud))
                scene.gate.open("host.report")
                try await scene.live(4)
                #expect(try await !scene.isSilent(run, cloud), "it answers")
            }
        }
    }

    @Test func aVerbThatIsNotAtWorkThereSaysNothing() async throws {
        let scene = try await Scene()
        let cloud = scene.manager(1)
        try await scene.living(cloud) {
            let run = try await scene.suspend(cloud)
            scene.gate.shut("host.report")
            try await scene.live(25)
            #expect(try await scene.isSilent(run, cloud))
            let mend = try scene.site.breakStatus(of: scene.instance)
            #expect(try await !scene.isSilent(run, cloud), "nobody can read where it is at work")
            try mend()
            #expect(try await scene.isSilent(run, cloud))
            scene.gate.open("memory.suspend")
            try await scene.until { try await cloud.operation(run, for: scene.site.anna).run.state == .done }
            #expect(try await !scene.isSilent(run, cloud), "it has ended")
        }
    }

    /// What a host refuses it has heard.
    @Test func aHostThatRefusesToReportIsNotSilent() async throws {
        let scene = try await Scene()
        let cloud = scene.manager(1)
        try await scene.living(cloud) {
            let run = try await scene.suspend(cloud)
            scene.gate.answer("host.report", with: CloudError(.internalFault, ["part": "hypervisor"]))
            try await scene.live(60)
            #expect(try await !scene.isSilent(run, cloud))
        }
    }

    @Test func aClockThatIsSetBlamesNobody() async throws {
        let scene = try await Scene()
        let cloud = scene.manager(1)
        try await scene.living(cloud) {
            let run = try await scene.suspend(cloud)
            scene.site.clock.advance(by: .seconds(365 * 86_400))
            #expect(try await !scene.isSilent(run, cloud))
            try await scene.live(2)
            // A question is on its way.
            scene.gate.shut("host.report")
            try await scene.live(4)
            #expect(scene.gate.held("host.report") == 1)
            scene.site.clock.advance(by: .seconds(365 * 86_400))
            #expect(try await !scene.isSilent(run, cloud))
            try await scene.live(2)
            #expect(try await !scene.isSilent(run, cloud))
        }
    }

    @Test func recordsThatTakeNoChangesBlameNoHost() async throws {
        let scene = try await Scene()
        let cloud = scene.manager(1)
        try await scene.living(cloud) {
            let run = try await scene.suspend(cloud)
            scene.records.refuses.withLock { $0 = true }
            try await scene.live(60)
            #expect(try await !scene.isSilent(run, cloud))
        }
    }

    @Test func aManagerThatWasAwayBlamesNobody() async throws {
        let scene = try await Scene()
        let first = scene.manager(1)
        var run: ID<OperationKind>?
        try await scene.living(first) { run = try await scene.suspend(first) }
        let begun = try #require(run)
        #expect(try await !scene.isSilent(begun, first), "nobody asks any more")
        scene.site.clock.advance(by: .seconds(3600))
        let next = scene.manager(2)
        #expect(try await !scene.isSilent(begun, next), "nobody has asked yet")
        try await scene.living(next) {
            try await scene.until { scene.gate.held("memory.suspend") == 1 }
            #expect(try await !scene.isSilent(begun, next))
            try await scene.live(30)
            #expect(try await next.operation(begun, for: scene.site.anna).run.state == .running)
            #expect(try await !scene.isSilent(begun, next))
        }
    }

    /// Its process was stopped, or its machine slept, while a question was on its way.
    @Test func aManagerThatStoodStillBlamesNobody() async throws {
        let scene = try await Scene()
        let cloud = scene.manager(1)
        try await scene.living(cloud) {
            let run = try await scene.suspend(cloud)
            scene.gate.shut("host.report")
            try await scene.live(4)
            #expect(scene.gate.held("host.report") == 1)
            for clock in [3600, 3600] {
                scene.site.clock.advance(by: .seconds(clock))
                scene.clock.advance(by: .seconds(clock))
                try await scene.rest()
                #expect(try await !scene.isSilent(run, cloud))
            }
            scene.gate.open("host.report")
            try await scene.live(4)
            #expect(try await !scene.isSilent(run, cloud))
        }
    }
}
