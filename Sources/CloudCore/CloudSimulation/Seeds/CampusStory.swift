// SPDX-License-Identifier: Apache-2.0

public import CloudModel
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
        /// What was asked for, and what became of it.
        public let requests: [Verb: Requests]
        /// What was wrong, a sentence each; none for a good seed.
        public let wrong: [String]
        /// Of a seed that is not good: the lines of its log that matter (``StoryLog/shortened(about:keeping:)``).
        public let trace: [String]

        /// A seed that could not even begin: what was thrown instead.
        public init(seed: UInt64, failure: any Error) {
            (self.seed, digest, lines, steps, crashes, requests, wrong, trace) = (seed, 0, 0, 0, 0, [:], ["\(failure)"], [])
        }

        fileprivate init(of seed: UInt64, _ cloud: SimulatedCloud, _ requests: [Verb: Requests], wrong: [String]) {
            self.seed = seed
            (digest, lines, steps) = (cloud.log.digest, cloud.log.count, cloud.steps)
            crashes = max(0, cloud.managers - 1)
            self.requests = requests
            self.wrong = wrong
            trace = wrong.isEmpty ? [] : cloud.log.shortened(about: wrong)
        }
    }

    /// One seed in so many runs on a real store: those that it divides.
    public static let seedsPerFile: UInt64 = 20
    /// Whether a seed's disk is a file.
    public static func isOnFile(_ seed: UInt64) -> Bool { seed.isMultiple(of: seedsPerFile) }

    /// What people ask for.
    public static let verbs = Set(CampusWishes.verbs)

    private let campus: Campus
    private let faults: Faults
    private let requestsOfEach: Int

    /// The stories of a campus.
    /// - Parameters:
    ///   - faults: how often what goes wrong in them until the calm at their end.
    ///   - requestsOfEach: how many requests each of its people makes.
    public init(of campus: Campus, faults: Faults = .some, requestsOfEach: Int = 5) {
        self.campus = campus
        self.faults = faults
        self.requestsOfEach = requestsOfEach
    }

    /// Tells the story of a seed on the calling thread.
    /// - Parameter disk: a copy of the campus's, of this seed alone.
    public func tell(_ seed: UInt64, on disk: @escaping SimulatedCloud.Disk) -> Told {
        tell(seed, in: campus.cloud(seed: seed, on: disk))
    }

    /// Tells the story of a seed in a cloud of that seed (``Campus/cloud(seed:on:keeping:)``), whose log can be read afterwards.
    public func tell(_ seed: UInt64, in cloud: SimulatedCloud) -> Told {
        var (wrong, requests): ([String], [Verb: Requests]) = ([], [:])
        do { (wrong, requests) = try toItsEnd(cloud) } catch { wrong = ["\(error)"] }
        wrong += cloud.violations.map(\.description)
        if cloud.simulator.escapes > 0 { wrong.append("\(cloud.simulator.escapes) jobs came from other threads") }
        return Told(of: seed, cloud, requests, wrong: wrong)
    }

    /// Tells it to its end; what does not agree then, and what became of requests.
    private func toItsEnd(_ cloud: SimulatedCloud) throws -> ([String], [Verb: Requests]) {
        let (campus, faults, count) = (campus, faults, requestsOfEach)
        return try cloud.tell { cloud in
            cloud.faults = faults
            let asked = await withTaskGroup(of: [Request].self) { tasks in
                for person in campus.people { tasks.addTask { await Self.work(as: person, times: count, campus, cloud) } }
                return await tasks.reduce(into: []) { $0 += $1 }
            }
            cloud.faults = Faults()
            try await Self.calm(cloud)
            let taken = asked.compactMap { if case .acknowledged(let id) = $0.answer { id } else { nil } }
            try await cloud.expectEverythingEnded(taken)
            return try await cloud.ask { manager in
                var counted: [Verb: Requests] = [:]
                for request in asked {
                    var state: RunState?
                    if case .acknowledged(let id) = request.answer { state = try await manager.world.store.run(RunID(id.text))?.state }
                    counted[request.verb, default: Requests()].count(request.answer, state)
                }
                // Where nobody can compare, what people were told is known all the same.
                do { return (try await Audit(cloud: manager).report(for: campus.admin).differences, counted) } catch {
                    return (["the audit failed: \(error)"], counted)
                }
            }
        }
    }

    /// Everything ends within ten minutes of calm, back-off and the wait for a guest included.
    private static func calm(_ cloud: SimulatedCloud) async throws {
        // Dates that were written by a wrong clock may be due by the right one; the sweeper has to have looked.
        if cloud.troubles.clockWasSet { try await cloud.wait(.seconds(70)) }
        // Nothing is open, and nothing on its way, for twenty seconds: a guest that was asked before may obey late, and be settled then.
        var calmLooks = 0
        for _ in 0..<120 where calmLooks < 4 {
            try await cloud.wait(.seconds(5))
            let open: Int
            // A manager that was killed by the last fault is followed by another; it is asked then.
            do { open = try await cloud.ask { try await $0.world.store.unfinishedRuns() }.count } catch { continue }
            calmLooks = open == 0 && !cloud.troubles.hasLate ? calmLooks + 1 : 0
        }
        // Where something is still open the hosts are told, and what is wrong is that (I42).
        cloud.expectQuiet(calmLooks > 0 ? .onHosts : .nowhere)
        try await cloud.wait(.seconds(30))
        cloud.expectQuiet(.nowhere)
    }

    /// A few requests, one after the other; what nobody answered is left to itself. Nine of ten are about machines of their own, and one that
    /// the verb fits where they find one; and one in ten that were acknowledged is called off.
    private static func work(as person: Principal, times: Int, _ campus: Campus, _ cloud: SimulatedCloud) async -> [Request] {
        var (requests, machines) = ([Request](), campus.machines(of: person))
        let purpose = "work of \(person.user)"
        func draw(_ bound: Int) -> Int { cloud.chance.below(bound, of: purpose) }
        for _ in 0..<times {
            let (verb, dice) = (CampusWishes.verbs[draw(CampusWishes.verbs.count)], draw(1 << 20))
            let among =
                draw(10) == 0 ? [campus.instances[draw(campus.instances.count)]] : (0..<10).map { _ in machines[draw(machines.count)] }
            let answer = await Answer(after: .milliseconds(draw(4000)), cloud) { manager in
                let wish = try await manager.world.store.read {
                    try $0.wish(verb, among: among, by: person, dice: dice, of: manager)
                }
                guard let wish else { return nil }
                let operation = try await manager.submit(wish.operation).operation
                if let made = wish.made { machines.append(made) }
                return wish.goesOn ?? operation
            }
            guard let answer else { continue }
            cloud.add("\(person.user) asks for \(verb.rawValue): \(answer)")
            requests.append(Request(verb: verb, answer: answer))
            guard case .acknowledged(let operation) = answer, draw(10) == 0 else { continue }
            let isHeard = await Answer(after: .milliseconds(draw(2000)), cloud) { manager in
                try await manager.cancel(operation, by: person)
                return operation
            }
            cloud.add("\(person.user) calls \(operation) off: \(isHeard.map { "\($0)" } ?? "")")
        }
        return requests
    }
}
