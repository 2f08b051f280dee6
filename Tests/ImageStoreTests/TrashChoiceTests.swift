// SPDX-License-Identifier: Apache-2.0

import CloudModel
import ImageStore
import Testing

/// Of 100,000 random trees nothing goes that may not, and every true orphan is gone in two passes (invariants I16, I17, I20).
@Suite struct TrashChoiceTests {
    private typealias File = TrashChoice.File
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let (floor, grace) = (Duration.seconds(7 * 86_400), Duration.seconds(3600))

    private struct Chance {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    /// A forest of at most 12 files, at most five deep, or now and then a tangle that no store should hold.
    private static func files(_ chance: inout Chance) -> [File] {
        let count = chance.next(12) + 1
        let isTangled = chance.next(50) == 0
        return (0..<count).map { number in
            let bound = isTangled ? count : number
            let parent = bound > 0 && chance.next(3) > 0 ? "f\(chance.next(bound))" : nil
            let age = Duration.seconds(Int64(chance.next(2) == 0 ? chance.next(7200) : chance.next(14 * 86_400)))
            let fate: File.Fate
            switch chance.next(3) {
            case 0: fate = .living
            case 1: fate = .trashed(since: now - age)
            default: fate = .orphan(since: now - age)
            }
            return File(
                id: "f\(number)", parent: parent, size: ByteCount(bytes: Int64(chance.next(100))), fate: fate, isVital: number % 3 == 0)
        }
    }

    private static func mayGo(_ file: File) -> Bool {
        switch file.fate {
        case .living: false
        case .trashed(let since): now - since >= floor
        case .orphan(let since): now - since >= grace
        }
    }
    private static func isOrphan(_ file: File) -> Bool { if case .orphan = file.fate { mayGo(file) } else { false } }

    /// Everything that lies on a file, however far above.
    private static func above(_ id: String, _ files: [File]) -> Set<String> {
        var found: Set<String> = []
        var next = [id]
        while let id = next.popLast() {
            for file in files where file.parent == id && found.insert(file.id).inserted { next.append(file.id) }
        }
        return found
    }

    @Test func ofAHundredThousandTreesNothingWrongGoesAndNoOrphanStays() {
        var (chance, wrong, left, went) = (Chance(state: 3), 0, 0, 0)
        for _ in 0..<100_000 {
            let all = Self.files(&chance)
            let rule = TrashChoice.Rule(wanted: ByteCount(bytes: Int64(chance.next(300))), floor: Self.floor, grace: Self.grace)
            var files = all
            for _ in 0..<2 {
                let choice = TrashChoice.choose(files, by: rule, at: Self.now)
                var gone: Set<String> = []
                for id in choice {
                    let file = files.first { $0.id == id }
                    // May go, goes once, and nothing lies on it that is still there.
                    if file.map(Self.mayGo) != true || files.contains(where: { $0.parent == id && !gone.contains($0.id) }) { wrong += 1 }
                    if !gone.insert(id).inserted { wrong += 1 }
                }
                went += gone.count
                files = files.filter { !gone.contains($0.id) }
            }
            // A true orphan: no record knows it, and nothing but such files lies on it.
            let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
            left +=
                files.filter { file in
                    guard Self.isOrphan(file) else { return false }
                    let above = Self.above(file.id, all)
                    return !above.contains(file.id) && above.allSatisfy { byID[$0].map(Self.isOrphan) ?? false }
                }.count
        }
        #expect(wrong == 0 && left == 0 && went > 50_000, "\(wrong) wrong, \(left) left, \(went) went")
    }

    @Test func theOldestOfTheTrashGoesFirstAndNoMoreThanIsWanted() {
        let files =
            (1...5).map { number in
                File(
                    id: "d\(number)", parent: "image", size: ByteCount(bytes: 10),
                    fate: .trashed(since: Self.now - .seconds(Int64(number) * 4 * 86_400)))
            } + [File(id: "image", parent: nil, size: .zero, fate: .living)]
        func choice(_ wanted: Int64) -> [String] {
            TrashChoice.choose(files, by: .init(wanted: ByteCount(bytes: wanted), floor: Self.floor, grace: Self.grace), at: Self.now)
        }
        #expect(choice(0).isEmpty)
        #expect(choice(15) == ["d5", "d4"])
        #expect(choice(1000) == ["d5", "d4", "d3", "d2"], "d1 is four days old")
    }

    @Test func whatAMachineCanMissGoesBeforeTheDiskThatItBootsFrom() {
        let old = File.Fate.trashed(since: Self.now - .seconds(30 * 86_400))
        let files = [
            File(id: "a-boots", parent: "layer", size: ByteCount(bytes: 1), fate: old, isVital: true),
            File(id: "layer", parent: nil, size: ByteCount(bytes: 1), fate: old),
            File(id: "z-kept", parent: "layer", size: ByteCount(bytes: 1), fate: old),
            File(id: "b-other", parent: nil, size: ByteCount(bytes: 1), fate: old, isVital: true),
        ]
        func going(_ wanted: Int64) -> [String] {
            TrashChoice.choose(files, by: .init(wanted: ByteCount(bytes: wanted), floor: Self.floor, grace: Self.grace), at: Self.now)
        }
        #expect(going(1) == ["z-kept"])
        #expect(going(3) == ["z-kept", "a-boots", "layer"], "what is of no use by now goes before another machine's")
        #expect(going(4).last == "b-other")
    }

    @Test func aLayerGoesBehindWhatLiesOnIt() {
        let old = File.Fate.trashed(since: Self.now - .seconds(30 * 86_400))
        let files = [
            File(id: "base", parent: "image", size: ByteCount(bytes: 1), fate: old),
            File(id: "top", parent: "base", size: ByteCount(bytes: 1), fate: old),
            File(id: "image", parent: nil, size: .zero, fate: .living),
        ]
        let rule = TrashChoice.Rule(wanted: ByteCount(bytes: 100), floor: Self.floor, grace: Self.grace)
        #expect(TrashChoice.choose(files, by: rule, at: Self.now) == ["top", "base"])
        let lived = files.filter { $0.id != "top" } + [File(id: "top", parent: "base", size: .zero, fate: .living)]
        #expect(TrashChoice.choose(lived, by: rule, at: Self.now).isEmpty)
    }
}
