// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudWorkflow
import Synchronization
import Testing

/// A manager that was away for longer than a report is fresh comes back with work that waits.
@Suite struct FirstLookTests {
    /// Time stands still: who sleeps sleeps until it is cancelled.
    private struct StillClock: Clock {
        typealias Instant = ContinuousClock.Instant
        var now: Instant { ContinuousClock.now }
        var minimumResolution: Duration { .nanoseconds(1) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            for await _ in AsyncStream<Void>.makeStream().stream {}
            throw CancellationError()
        }
    }

    /// What became of three starts that were recorded an hour before a manager came back whose host answers a report as it is told to.
    private func statesAfterAnHour(
        clock: (Site) -> any Clock<Duration>, report: @escaping @Sendable () async throws -> Void
    ) async throws -> [InstanceState] {
        let site = try await Site()
        let made = try await site.cloud.perform(
            site.cloud.request(template: site.template, name: "lab-%02d", count: 3, start: true, by: site.anna))
        site.clock.advance(by: .seconds(3600))
        let host = SimulatedHost(
            state: site.host.snapshot(), clock: site.clock,
            faults: { call, _, phase in
                if call == "host.report", phase == .before { try await report() }
            })
        let world = SimulatedSite.world(
            store: try site.disk.reopened(), host: host, clock: site.clock, sources: SeededSources(seed: 2))
        let again = Cloud(world: world, clock: clock(site))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await again.serve() }
            defer { tasks.cancelAll() }
            var states: [InstanceState] = []
            for _ in 0..<1_000_000 {
                states = try await world.store.read { view in try made.map { try view.statuses.get($0).state } }
                let isAtRest = try await world.store.unfinishedRuns().isEmpty
                if isAtRest || states.allSatisfy({ $0 == .running }) { break }
                await Task.yield()
            }
            return states
        }
    }

    @Test func startsThatWaitedArePlacedByWhatTheHostSaysNow() async throws {
        let states = try await statesAfterAnHour(clock: { _ in StillClock() }, report: { for _ in 0..<5000 { await Task.yield() } })
        #expect(states == [.running, .running, .running])
    }

    /// They are refused then, for no host is known to have room, and whoever asks is told.
    @Test func aHostThatKeepsSilentHoldsNobodyUp() async throws {
        let states = try await statesAfterAnHour(clock: { $0.clock.waiting }) { try await StillClock().sleep(for: .seconds(1)) }
        #expect(states == [.pending, .pending, .pending])
    }

    /// Whoever sleeps goes on when it is told to, the first to fall asleep first.
    private final class TurnClock: Clock, Sendable {
        typealias Instant = ContinuousClock.Instant
        private let sleepers = Mutex<[AsyncStream<Void>.Continuation]>([])
        var now: Instant { ContinuousClock.now }
        var minimumResolution: Duration { .nanoseconds(1) }
        var asleep: Int { sleepers.withLock(\.count) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            sleepers.withLock { $0.append(continuation) }
            for await _ in stream {}
            try Task.checkCancellation()
        }
        func wakeFirst() { sleepers.withLock { $0.isEmpty ? nil : $0.removeFirst() }?.finish() }
    }

    /// A process that was stopped, a machine that slept: the manager's own absence says nothing about its hosts.
    @Test func aStartAfterAStallWaitsForTheNextLook() async throws {
        let site = try await Site()
        let instance = try await site.make("mine", by: site.anna)
        let clock = TurnClock()
        let cloud = Cloud(world: site.cloud.world, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await cloud.serve() }
            defer { tasks.cancelAll() }
            // The watch has looked and sleeps, as do the seven others that live in a cloud of one host.
            try await until { clock.asleep >= 8 }
            site.clock.advance(by: .seconds(3600))
            tasks.addTask { _ = try await cloud.submit(StartInstance(by: site.anna, instance: instance)) }
            try await until { clock.asleep >= 9 }
            for _ in 0..<5000 { await Task.yield() }
            #expect(try await cloud.operations(for: site.anna).filter { $0.kind == StartInstance.kind }.isEmpty)
            for _ in 0..<8 { clock.wakeFirst() }
            try await until { try site.disk.read { try $0.statuses.get(instance).state } == .running }
        }
    }

    private func until(_ holds: () async throws -> Bool) async throws {
        for _ in 0..<200_000 {
            if try await holds() { return }
            await Task.yield()
        }
        Issue.record("it did not come to hold")
    }
}
