// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Synchronization
    import Testing

    @testable import LibvirtClient

    /// Which call goes next, and where.
    @Suite struct CallLineTests {
        private typealias Length = LibvirtConnections.Length

        private func line(_ connections: Int, _ calls: [(subject: String, length: Length)]) -> CallLine<String> {
            var line = CallLine<String>(connections: connections)
            for call in calls { line.add("\(call.length) \(call.subject)", about: call.subject, call.length) { true } }
            return line
        }

        private func all(_ line: inout CallLine<String>) -> [String] {
            var jobs: [String] = []
            while let (_, job) = line.next() { jobs.append(job) }
            return jobs
        }

        @Test func callsAboutOneSubjectNeverMeetNorChangePlaces() {
            var line = line(5, [("a", .minutes), ("a", .brief), ("a", .seconds)])
            for job in ["minutes a", "brief a", "seconds a"] {
                #expect(all(&line) == [job])
                line.ended(at: .connection(0))
            }
            #expect(all(&line) == [])
        }

        @Test func briefCallsGoFirstAndFindAConnectionWhateverTakesLong() {
            var line = line(
                6, [("a", .minutes), ("b", .minutes), ("c", .minutes), ("d", .minutes), ("e", .seconds), ("f", .seconds), ("g", .brief)])
            let first = all(&line)
            #expect(first == ["brief g", "minutes a", "minutes b", "minutes c", "seconds e"], "three of memory, one start; two are left")
            line.add("brief h", about: "h", .brief) { true }
            #expect(all(&line) == ["brief h"])
            // g and h have ended, and nothing that is long has: what waits takes no connection of theirs.
            line.ended(at: .connection(0))
            line.ended(at: .connection(5))
            #expect(all(&line) == [])
            line.ended(at: .connection(1))
            #expect(all(&line) == ["minutes d"], "a has ended")
        }

        /// What comes first takes no connection, and what comes behind it keeps the subject's turn.
        @Test func aCallThatIsPreparedKeepsItsTurn() {
            var line = CallLine<String>(connections: 4)
            for subject in ["a", "b", "c"] {
                line.add("minutes \(subject)", about: subject, .minutes, isWanted: { true }, after: "first \(subject)")
            }
            line.add("brief a", about: "a", .brief) { true }
            #expect(all(&line) == ["first a", "first b", "first c"])
            line.ended(at: .aside(subject: "b"))
            #expect(all(&line) == ["minutes b"], "the one that has a place")
            line.ended(at: .aside(subject: "a"))
            line.ended(at: .aside(subject: "c"))
            #expect(all(&line) == [], "they wait for the one place of minutes, and nothing about their subjects goes before them")
            line.ended(at: .connection(0))
            #expect(all(&line) == ["minutes a"])
            line.ended(at: .connection(0))
            #expect(all(&line) == ["brief a", "minutes c"])
        }

        @Test func nobodyWaitsForWhatIsPreparedAndNotWanted() {
            let isWanted = Wish()
            var line = CallLine<String>(connections: 4)
            line.add("minutes a", about: "a", .minutes, isWanted: { isWanted.holds }, after: "first a")
            line.add("brief a", about: "a", .brief) { true }
            #expect(all(&line) == ["first a"])
            isWanted.end()
            #expect(all(&line) == [], "until it has come to its end")
            line.ended(at: .aside(subject: "a"))
            #expect(all(&line) == ["brief a"])
        }

        /// A start that was refused because its turn did not come is not in the way of its own undo.
        @Test func whatNobodyWaitsForAnyMoreHoldsUpNobody() {
            let isWanted = Wish()
            var line = line(4, [("a", .minutes)])
            #expect(all(&line) == ["minutes a"])
            line.add("minutes b", about: "b", .minutes) { isWanted.holds }
            line.add("brief b", about: "b", .brief) { true }
            #expect(all(&line) == [], "it waits behind what is still wanted")
            isWanted.end()
            #expect(all(&line) == ["brief b"])
            line.ended(at: .connection(0))
            line.ended(at: .connection(1))
            #expect(all(&line) == [], "and what is not wanted is not carried out")
        }

        @Test func theFirstFreeConnectionIsTaken() {
            var line = line(4, [("a", .brief), ("b", .brief), ("c", .brief)])
            let first = (0..<3).map { _ in line.next()?.place }
            #expect(first == [.connection(0), .connection(1), .connection(2)])
            line.ended(at: .connection(1))
            line.add("d", about: "d", .seconds) { true }
            let next = line.next()
            #expect(next?.place == .connection(1) && next?.job == "d")
        }

        /// Thirty machines, each with three calls, of which some are prepared, on seven connections that end in any order: all are carried
        /// out, each machine's in order and one at a time.
        @Test(arguments: 0..<50 as Range<UInt64>) func nothingIsLostWhateverTheOrder(_ seed: UInt64) {
            var chance = seed &* 0x9E37_79B9_7F4A_7C15 | 1
            func draw(_ count: Int) -> Int {
                chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(chance >> 33) % count
            }
            typealias Job = (subject: Int, number: Int)
            var line = CallLine<Job>(connections: 7)
            let lengths: [Length] = [.brief, .seconds, .minutes]
            var due = [[Int]](repeating: [], count: 30)
            for number in 0..<3 {
                for subject in 0..<30 {
                    let first: Job? = draw(2) == 0 ? (subject, 2 * number) : nil
                    due[subject] += (first.map { [$0.number] } ?? []) + [2 * number + 1]
                    line.add((subject, 2 * number + 1), about: "\(subject)", lengths[draw(3)], isWanted: { true }, after: first)
                }
            }
            var underWay: [(place: CallLine<Job>.Place, job: Job)] = []
            var done = [[Int]](repeating: [], count: 30)
            while true {
                while let next = line.next() {
                    #expect(!underWay.contains { $0.place == next.place || $0.job.subject == next.job.subject })
                    underWay.append(next)
                }
                guard !underWay.isEmpty else { break }
                let ended = underWay.remove(at: draw(underWay.count))
                done[ended.job.subject].append(ended.job.number)
                line.ended(at: ended.place)
            }
            #expect(done == due)
        }
    }

    /// Whether somebody waits.
    private final class Wish: Sendable {
        private let wish = Mutex(true)
        var holds: Bool { wish.withLock { $0 } }
        func end() { wish.withLock { $0 = false } }
    }
#endif
