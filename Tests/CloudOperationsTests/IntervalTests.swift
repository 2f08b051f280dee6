// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import Synchronization
import Testing

@testable import CloudOperations

/// An interval that somebody changes while the cloud serves holds from then on, without waiting for the old one's end.
@Suite struct IntervalTests {
    /// Counts how long each sleep was; none takes any time.
    private final class NappingClock: Clock, Sendable {
        typealias Instant = ContinuousClock.Instant
        private let naps = Mutex<[Duration]>([])
        private let woken: @Sendable (Int) -> Void
        init(_ woken: @escaping @Sendable (Int) -> Void = { _ in }) { self.woken = woken }
        var slept: [Duration] { naps.withLock(\.self) }
        // Time stands still between sleeps, so that a nap is as long as it was asked for.
        let now = ContinuousClock.now
        var minimumResolution: Duration { .nanoseconds(1) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            try Task.checkCancellation()
            let count = naps.withLock { naps in
                naps.append(deadline - now)
                return naps.count
            }
            woken(count)
            await Task.yield()
        }
    }

    @Test func aLongIntervalIsSleptInNapsAndEndsWhenItIsMadeShorter() async throws {
        let site = try await Site()
        let world = site.cloud.world
        world.live.set(Self.settings(3600))
        let clock = NappingClock { count in if count == 3 { world.live.set(Self.settings(18)) } }
        try await Cloud(world: world, clock: clock).rest(for: { world.settings.collectorInterval })
        #expect(clock.slept == [5, 5, 5, 3].map { .seconds($0) })
    }

    @Test func theCollectorLooksAsOftenAsTheSettingsSayNow() async throws {
        let site = try await Site()
        let world = site.cloud.world
        let passes = Mutex(0)
        let clock = NappingClock()
        world.live.set(Self.settings(1))
        let cloud = Cloud(world: world, clock: clock) { notice in
            guard case .passed("collector", _) = notice else { return }
            passes.withLock { $0 += 1 }
            world.live.set(Self.settings(86_400))
        }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await cloud.serve() }
            defer { tasks.cancelAll() }
            while clock.slept.count < 400 { await Task.yield() }
            #expect(passes.withLock(\.self) == 1, "it still looks every second")
            world.live.set(Self.settings(1))
            let then = clock.slept.count
            while clock.slept.count < then + 400, passes.withLock(\.self) < 2 { await Task.yield() }
            #expect(passes.withLock(\.self) == 2, "it sleeps until tomorrow")
        }
    }

    private static func settings(_ seconds: Int) -> Settings {
        var settings = Settings()
        settings.collectorInterval = .seconds(seconds)
        return settings
    }
}
