// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import CloudTesting
import Foundation
import Testing

/// The same story is told twice: calmly, and with managers that die where the seed says, up to three times a request, each followed by
/// another over the same disk and host. Both worlds must be equal, down to each event and each line of a journal; a request that was
/// undone must have left the world as before; records and hosts must agree, and quotas be what a recount says.
@Suite("500 seeds of what is done to machines, with managers that die", .serialized)
struct CrashSeedsTests {
    /// 1 to 500; SIM_SEED names one to be repeated, SIM_SEEDS another number of them.
    /// 0 stands for what is no number: it is told by nobody.
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SIM_SEED"] { return [UInt64(seed) ?? 0] }
        let last = environment["SIM_SEEDS"].map { UInt64($0) ?? 0 } ?? 500
        return last > 0 ? Array(1...last) : [0]
    }
    /// The site at which every story begins: room for three instances.
    private static let site = Task {
        let site = try await Site(memory: .mebibytes(3_700))
        // From its first machine on a network is served, with or without machines: the stories begin behind that.
        let first = try await site.launch("first", by: site.admin)[0]
        _ = try await site.cloud.perform(DestroyInstance(by: site.admin, instance: first))
        _ = try await HostWatch(cloud: site.cloud).pass()
        return site
    }

    @Test("a crash anywhere is as none", arguments: seeds)
    func seed(_ seed: UInt64) async throws {
        try #require(seed > 0, "SIM_SEED and SIM_SEEDS are numbers from 1 on")
        let site = try await Self.site.value
        let story = try SeedStory(seed: seed, at: site)
        let calm = try Telling(of: story, on: site)
        try await calm.tell()
        let rough = try Telling(of: story, on: site, dying: SplitMix64(seed: ~seed), among: calm.points)
        try await rough.tell()
        let difference = try await calm.snapshot(.history).difference(to: rough.snapshot(.history))
        if !difference.isEmpty {
            Issue.record("SIM_SEED=\(seed): \(try await firstDifference(story, site, seed, calm.points))")
        }
        for telling in [calm, rough] { try await telling.audit() }
    }

    @Test("the stories are about something: each verb is done, undone and refused, and managers die everywhere")
    func stories() async throws {
        let site = try await Self.site.value
        var ends: [String: Int] = [:]
        var places: Set<String> = []
        for seed in 1...120 as ClosedRange<UInt64> {
            let story = try SeedStory(seed: seed, at: site)
            let calm = try Telling(of: story, on: site)
            try await calm.tell()
            let rough = try Telling(of: story, on: site, dying: SplitMix64(seed: ~seed), among: calm.points)
            if seed <= 20 { try await rough.tell() }
            for death in rough.deaths.joined() { places.insert(death.split(separator: " ").prefix(2).joined(separator: " ")) }
            for run in try calm.stage.disk.read({ try $0.runs(actor: nil, object: nil, state: nil, before: nil, limit: .max) }) {
                ends["\(run.kind) \(run.state)", default: 0] += 1
            }
        }
        for end in [
            "instance.create done", "instance.destroy done", "instance.start done", "instance.start undone", "instance.suspend done",
            "instance.suspend undone", "instance.wake done", "instance.wake undone", "instance.checkpoint done",
            "instance.checkpoint undone", "instance.return-to-checkpoint done", "instance.drop-checkpoint done",
            "instance.attach-port done",
            "instance.detach-port done", "instance.save-as-template done",
        ] { #expect(ends[end, default: 0] >= 2, "\(end): \(ends[end, default: 0])") }
        #expect(places.count >= 40, "\(places.sorted())")
    }

    /// The request after which the two worlds differ, and how.
    private func firstDifference(_ story: SeedStory, _ site: Site, _ seed: UInt64, _ points: [Int]) async throws -> String {
        let (calm, rough) = (
            try Telling(of: story, on: site), try Telling(of: story, on: site, dying: SplitMix64(seed: ~seed), among: points)
        )
        for request in story.requests {
            try await calm.tell(request)
            try await rough.tell(request)
            let difference = try await calm.snapshot(.history).difference(to: rough.snapshot(.history))
            guard difference.isEmpty else {
                return "after \(request.description), refused at \(request.refused ?? "nothing"), died at \(rough.deaths.last ?? []):\n"
                    + difference.joined(separator: "\n")
            }
        }
        return "only the last worlds differ"
    }
}

/// One telling of a story.
private final class Telling {
    let story: SeedStory
    let site: Site
    let stage: Stage
    var random: SplitMix64?
    let known: [Int]
    /// How many points each request reached.
    private(set) var points: [Int] = []
    /// Where managers died, request by request.
    private(set) var deaths: [[String]] = []

    init(of story: SeedStory, on site: Site, dying random: SplitMix64? = nil, among known: [Int] = []) throws {
        self.story = story
        self.site = site
        self.random = random
        self.known = known
        stage = try site.stage.copied()
    }

    func tell() async throws { for request in story.requests { try await tell(request) } }

    /// One request: managers that die, one that lives, and one that meets no refusal and so frees what was stuck.
    func tell(_ request: SeedStory.Request) async throws {
        let before = request.refused == nil ? nil : try await snapshot(.state)
        let hurdles = request.refused.map { [Self.hurdle(at: $0)] } ?? []
        deaths.append([])
        for _ in 0..<3 {
            guard let death = draw() else { break }
            let interference = Interference(death: death, hurdles: hurdles)
            guard try await live(interference, request) else { break }
            deaths[deaths.count - 1].append(interference.points.last.map { "\($0)" } ?? "")
        }
        let interference = Interference(hurdles: hurdles)
        let died = try await live(interference, request)
        #expect(!died)
        points.append(interference.points.count)
        if try !stage.disk.unfinishedRuns().isEmpty { _ = try await live(Interference(), nil) }
        if let run = try await stage.disk.journal(of: request.run)?.run, run.state == .undone {
            let before = try #require(before, "\(request.description) was undone, and nobody refused anything")
            let difference = try await before.difference(to: snapshot(.state))
            #expect(difference.isEmpty, "\(request.description) was undone, and yet:\n\(difference.joined(separator: "\n"))")
        }
    }

    /// The point at which the next manager dies; nil: it lives.
    private func draw() -> Int? {
        guard var random else { return nil }
        defer { self.random = random }
        let most = known[deaths.count - 1]
        return random.below(4) == 0 ? nil : random.below(most)
    }

    /// One manager's life; true where it died.
    private func live(_ interference: Interference, _ request: SeedStory.Request?) async throws -> Bool {
        do {
            let cloud = try stage.nextManager(interference)
            _ = try await HostWatch(cloud: cloud).pass(driving: true)
            if let request, try await stage.disk.journal(of: request.run) == nil {
                do { try await request.perform(cloud) } catch is CloudError {} catch is RunRefused {} catch is RunIsStuck {
                } catch is CheckRefusal {}
            }
            try await cloud.runner.recover()
            return false
        } catch is ManagerDied { return true }
    }

    private static func hurdle(at step: String) -> Interference.Hurdle {
        Interference.Hurdle(CheckRefusal(step: step)) { point in
            guard case .boundary(let boundary, _) = point, boundary.name == step else { return false }
            return boundary.kind == .beforeEffect || boundary.kind == .beforeCommit
        }
    }

    /// The world; what was seen of hosts and guests is left out, for each new manager looks.
    func snapshot(_ lens: WorldSnapshot.Lens) async throws -> WorldSnapshot {
        var snapshot = try await WorldSnapshot(of: stage.disk, and: stage.host.snapshot(), through: lens)
        for seen in ["evidence", "sightings"] { snapshot.add(seen, []) }
        return snapshot
    }

    /// Nothing is left open, records and hosts agree, and quotas are what a recount says.
    func audit() async throws {
        let report = try await Audit(cloud: stage.nextManager()).report(for: site.admin)
        #expect(report.differences.isEmpty && report.openOperations == 0)
        let miscounted = try stage.disk.read { try $0.miscounted() }
        #expect(miscounted.isEmpty, "invariant I22")
    }
}
