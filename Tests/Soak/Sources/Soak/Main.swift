// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import Foundation

/// Tells seeds on every processor. Ends with 1 where a story is broken, with 64 where it is asked for what there is not.
@main enum Soak {
    static func main() {
        do {
            let wish = try Wish(CommandLine.arguments.dropFirst())
            let disks = try SeedDisks(wish.scale)
            switch wish.act {
            case .tell: exit(tell(wish, disks) ? 0 : 1)
            case .digest:
                let told = tell(wish.seed, wish, disks)
                print("seeds: release tells seed \(wish.seed) as \(String(told.digest, radix: 16))")
                exit(told.wrong.isEmpty ? 0 : 1)
            case .trace: exit(try trace(wish, disks) ? 0 : 1)
            }
        } catch let error as Wish.Misunderstood {
            complain("soak: \(error)\n\(Wish.usage)")
            exit(64)
        } catch {
            complain("soak: \(error)")
            exit(1)
        }
    }

    /// A simulation runs on the thread that tells it, so each processor has a thread of its own, none of the pool's.
    private static func tell(_ wish: Wish, _ disks: SeedDisks) -> Bool {
        let (tally, isDone) = (Tally(wish), DispatchSemaphore(value: 0))
        let processors = ProcessInfo.processInfo.activeProcessorCount
        for _ in 0..<processors {
            let thread = Thread {
                while let seed = tally.take() {
                    let told = tell(seed, wish, disks)
                    tally.add(told)
                    // At once: a run of an hour may be cut off before its end.
                    if !told.wrong.isEmpty { show(told, wish.scale) }
                }
                isDone.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        var left = processors
        while left > 0 {
            if isDone.wait(timeout: .now() + 60) == .success { left -= 1 } else { complain("soak: \(tally.figures) …") }
        }
        print("seeds: \(tally.figures)")
        print("seeds: together they are \(String(tally.counts.digest, radix: 16))")
        let shortcomings = tally.counts.figures.shortcomings()
        for sentence in shortcomings { print("seeds: this shows too little: \(sentence)") }
        return tally.counts.broken.isEmpty && shortcomings.isEmpty && tally.counts.figures.seeds > 0
    }

    /// One seed, on its disk, of which nothing stays.
    private static func tell(_ seed: UInt64, _ wish: Wish, _ disks: SeedDisks) -> CampusStory.Told {
        let file = "\(wish.files)/seed-\(seed).sqlite"
        defer { for end in ["", "-wal", "-shm"] { unlink(file + end) } }
        do { return disks.story.tell(seed, on: try disks.disk(of: seed, file: file)) } catch {
            return CampusStory.Told(seed: seed, failure: error)
        }
    }

    /// A seed line by line.
    private static func trace(_ wish: Wish, _ disks: SeedDisks) throws -> Bool {
        let file = "\(wish.files)/seed-\(wish.seed).sqlite"
        defer { for end in ["", "-wal", "-shm"] { unlink(file + end) } }
        let cloud = disks.campus.cloud(seed: wish.seed, on: try disks.disk(of: wish.seed, file: file), keeping: 1_000_000)
        let told = disks.story.tell(wish.seed, in: cloud)
        for line in cloud.log.lines { print(line) }
        for sentence in told.wrong { print("wrong: \(sentence)") }
        print("seeds: \(told.lines) lines, \(told.steps) steps, \(told.crashes) crashes, \(told.wrong.count) wrong")
        return told.wrong.isEmpty
    }

    /// All that is known of a broken seed, in one piece: other threads print too.
    private static func show(_ told: CampusStory.Told, _ scale: SeedScale) {
        let lines =
            [
                "seeds: seed \(told.seed) is broken; SCALE=\(scale) SEED=\(told.seed) make soak tells it line by line",
                "seeds:   in debug: SIM_SCALE=\(scale) SIM_SEED=\(told.seed) swift test --filter CloudSeedsTests",
            ] + told.wrong.prefix(20).map { "seeds:   \($0)" } + told.trace.map { "    \($0)" }
        FileHandle.standardOutput.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
