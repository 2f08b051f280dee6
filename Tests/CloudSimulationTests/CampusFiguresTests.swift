// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudStoreSQLite
import Testing

/// A run of seeds shows something only where people are served and managers die. A campus that refuses everything breaks no rule.
@Suite struct CampusFiguresTests {
    private static let disks = Result { try SeedDisks() }

    /// What so many seeds come to, each told in a cloud that is made for it, and what was wrong with each.
    private func told(_ seeds: ClosedRange<UInt64>, _ cloud: (UInt64) throws -> SimulatedCloud) throws -> (CampusFigures, [[String]]) {
        let disks = try Self.disks.get()
        var (figures, wrong) = (CampusFigures(), [[String]]())
        for seed in seeds {
            let one = disks.story.tell(seed, in: try cloud(seed))
            figures.add(one)
            wrong.append(one.wrong)
        }
        return (figures, wrong)
    }

    /// A new verb is asked for too. What is left out is left out for a reason (`CampusWishes`).
    @Test func peopleAskForWhatThereIs() {
        #expect(Set(Verb.asked).subtracting(CampusStory.verbs) == [.importImage, .createTemplate])
        #expect(CampusStory.verbs.isSubset(of: Verb.asked))
    }

    @Test func whoIsServedIsCounted() throws {
        let disks = try Self.disks.get()
        let (figures, wrong) = try told(1...4) { disks.campus.cloud(seed: $0, on: try disks.inMemory()) }
        #expect(wrong.allSatisfy { $0.isEmpty }, "\(wrong)")
        #expect(figures.shortcomings(from: 4) == [])
        let total = figures.total
        #expect(figures.seeds == 4 && figures.crashes >= figures.crashRuns && figures.crashRuns > 0 && figures.steps > 400)
        #expect(total.asked >= total.acknowledged + total.refused && total.refused > 0)
        #expect(total.acknowledged == total.done + total.undone + total.superseded, "all that was acknowledged has ended")
        // Four seeds are too few to be judged by verbs, or at all.
        #expect(!figures.shortcomings(from: 4, ofVerbs: 4).isEmpty && CampusFigures().shortcomings() == [])
    }

    /// Records that take no change of people: everybody is refused or left without an answer, and nothing is lost, open or different.
    @Test func aCampusThatRefusesEverythingIsToldAsBroken() throws {
        let disks = try Self.disks.get()
        let (figures, wrong) = try told(1...3) { seed in
            let disk = try disks.inMemory()
            return disks.campus.cloud(seed: seed, on: { UnchangingStore(inner: try disk()) })
        }
        // Where a host loses its power the records can no longer follow.
        #expect(wrong.contains { $0.isEmpty }, "it breaks no rule: \(wrong)")
        #expect(figures.total.asked > 20 && figures.total.acknowledged == 0)
        let sentences = figures.shortcomings(from: 3)
        #expect(sentences.contains { $0.hasSuffix("0 were acknowledged, fewer than 40 of a hundred") }, "\(sentences)")
        #expect(sentences.contains { $0.contains("ended as asked") })
        #expect(figures.shortcomings() == [], "three seeds alone may be unlucky")
    }

    /// Hosts that nobody reaches: what is taken is taken back.
    @Test func aCampusWithoutHostsIsToldAsBroken() throws {
        let disks = try Self.disks.get()
        let (figures, _) = try told(1...2) { seed in
            let cloud = disks.campus.cloud(seed: seed, on: try disks.inMemory())
            for host in cloud.hosts.keys { cloud.set(.cutOff, of: host) }
            return cloud
        }
        #expect(figures.total.asked > 20 && !figures.shortcomings(from: 2).isEmpty, "\(figures.total)")
    }

    /// A run in which no manager dies shows nothing of recovery.
    @Test func aRunWithoutADeathIsToldAsBroken() throws {
        var figures = CampusFigures()
        for seed in 1...200 as ClosedRange<UInt64> { figures.add(CampusStory.Told(seed: seed, failure: CancellationError())) }
        #expect(figures.shortcomings().contains("no manager died in 200 seeds"))
    }
}

/// Records that can be read and take no change.
private struct UnchangingStore: Store {
    let inner: any Store
    func write<Result: Sendable>(_ body: @Sendable (any StoreTransaction) throws -> Result) async throws -> Result {
        throw CloudError(.quotaExceeded, ["of": "everybody"])
    }
    func read<Result: Sendable>(_ body: @Sendable (any StoreView) throws -> Result) async throws -> Result { try await inner.read(body) }
    func dump() async throws -> [String: [String]] { try await inner.dump() }
    func unfinishedRuns() async throws -> [RunRecord] { try await inner.unfinishedRuns() }
    func openRuns(besides known: Set<RunID>) async throws -> OpenRuns { try await inner.openRuns(besides: known) }
}
