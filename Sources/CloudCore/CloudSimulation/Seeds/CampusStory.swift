// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import CloudStore
import CloudWorkflow

/// The story of a seed: the people of a campus at work, while managers die and calls, answers and commits are lost. When nothing goes wrong
/// any more, everything that was acknowledged has ended, and records and hosts agree.
public struct CampusStory: Sendable {
    /// What became of a seed.
    public struct Told: Sendable {
        /// Which.
        public let seed: UInt64
        /// A sum over every line of its log, and how many there were: two tellings are the same story where these are equal.
        public let digest: UInt64
        /// How many lines its log has.
        public let lines: Int
        /// How many steps there were: commits, and calls that reached a host.
        public let steps: Int
        /// How many managers died, each followed by another on the same disk.
        public let crashes: Int
        /// What was wrong, a sentence each; none for a good seed.
        public let wrong: [String]
        /// Of a seed that is not good: the lines of its log that matter (``StoryLog/shortened(about:keeping:)``).
        public let trace: [String]

        /// A seed that could not even begin: what was thrown instead.
        public init(seed: UInt64, failure: any Error) {
            (self.seed, digest, lines, steps, crashes, wrong, trace) = (seed, 0, 0, 0, 0, ["\(failure)"], [])
        }

        fileprivate init(of seed: UInt64, _ cloud: SimulatedCloud, wrong: [String]) {
            self.seed = seed
            (digest, lines, steps) = (cloud.log.digest, cloud.log.count, cloud.steps)
            crashes = max(0, cloud.managers - 1)
            self.wrong = wrong
            trace = wrong.isEmpty ? [] : cloud.log.shortened(about: wrong)
        }
    }

    /// One seed in so many runs on a real store: those that it divides.
    public static let seedsPerFile: UInt64 = 20
    /// Whether a seed's disk is a file.
    public static func isOnFile(_ seed: UInt64) -> Bool { seed.isMultiple(of: seedsPerFile) }

    private let campus: Campus

    /// The stories of a campus.
    public init(of campus: Campus) { self.campus = campus }

    /// Tells the story of a seed on the calling thread.
    /// - Parameter disk: a copy of the campus's, of this seed alone.
    public func tell(_ seed: UInt64, on disk: @escaping SimulatedCloud.Disk) -> Told {
        tell(seed, in: campus.cloud(seed: seed, on: disk))
    }

    /// Tells the story of a seed in a cloud of that seed (``Campus/cloud(seed:on:keeping:)``), whose log can be read afterwards.
    public func tell(_ seed: UInt64, in cloud: SimulatedCloud) -> Told {
        var wrong: [String]
        do { wrong = try differences(of: cloud) } catch { wrong = ["\(error)"] }
        wrong += cloud.violations.map(\.description)
        if cloud.simulator.escapes > 0 { wrong.append("\(cloud.simulator.escapes) jobs came from other threads") }
        return Told(of: seed, cloud, wrong: wrong)
    }

    /// Tells it to its end; what does not agree then.
    private func differences(of cloud: SimulatedCloud) throws -> [String] {
        let campus = campus
        return try cloud.tell { cloud in
            cloud.faults = .some
            let acknowledged = await withTaskGroup(of: [ID<OperationKind>].self) { tasks in
                for person in campus.people { tasks.addTask { await Self.work(as: person, campus, cloud) } }
                return await tasks.reduce(into: []) { $0 += $1 }
            }
            cloud.faults = Faults()
            try await Self.calm(cloud)
            return try await cloud.ask { manager -> [String] in
                let open = try await manager.world.store.unfinishedRuns().map { "\($0.kind) \($0.id) has not ended: \($0)" }
                var lost: [String] = []
                for id in acknowledged where try await manager.world.store.run(RunID(id.text)) == nil {
                    lost.append("\(id) was acknowledged and is lost")
                }
                try await cloud.lookAtEverything(in: manager.world.store)
                return try await open + lost + Audit(cloud: manager).report(for: campus.admin).differences
            }
        }
    }

    /// Everything ends within ten minutes of calm, back-off and the wait for a guest included.
    private static func calm(_ cloud: SimulatedCloud) async throws {
        // Dates that were written by a wrong clock may be due by the right one; the sweeper has to have looked.
        if cloud.troubles.clockWasSet { try await cloud.wait(.seconds(70)) }
        for _ in 0..<120 {
            try await cloud.wait(.seconds(5))
            let open: Int
            // A manager that was killed by the last fault is followed by another; it is asked then.
            do { open = try await cloud.ask { try await $0.world.store.unfinishedRuns() }.count } catch { continue }
            if open == 0 { break }
        }
        try await cloud.wait(.seconds(30))
    }

    /// A few requests, one after the other, and those that were acknowledged; what nobody answered is left to itself.
    private static func work(
        as person: Principal, _ campus: Campus, _ cloud: SimulatedCloud
    ) async -> [ID<OperationKind>] {
        var acknowledged: [ID<OperationKind>] = []
        let purpose = "work of \(person.user)"
        func draw(_ bound: Int) -> Int { cloud.chance.below(bound, of: purpose) }
        for _ in 0..<8 {
            let instance = campus.instances[draw(campus.instances.count)]
            let (choice, template) = (draw(12), campus.templates[draw(campus.templates.count)])
            do {
                try await cloud.wait(.milliseconds(draw(4000)))
                let operation = try await cloud.ask { manager in
                    switch choice {
                    case 0, 1, 2: try await manager.submit(StartInstance(by: person, instance: instance)).operation
                    case 3: try await manager.submit(SuspendInstance(by: person, instance: instance)).operation
                    case 4: try await manager.submit(WakeInstance(by: person, instance: instance)).operation
                    case 5: try await manager.submit(ForceOffInstance(by: person, instance: instance)).operation
                    case 6: try await manager.submit(ShutDownInstance(by: person, instance: instance)).operation
                    case 7: try await manager.submit(DestroyInstance(by: person, instance: instance)).operation
                    case 8: try await manager.submit(RebootInstance(by: person, instance: instance)).operation
                    default: try await manager.submit(manager.request(template: template, name: "new", by: person)).operation
                    }
                }
                acknowledged.append(operation)
            } catch {}
        }
        return acknowledged
    }
}
