// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import Testing

    @testable import LibvirtClient

    /// Which call goes next, and where.
    @Suite struct CallLineTests {
        private func line(_ connections: Int, _ calls: [(String, subject: String, isLong: Bool)]) -> CallLine<String> {
            var line = CallLine<String>(connections: connections)
            for call in calls { line.add(call.0, about: call.subject, isLong: call.isLong) }
            return line
        }

        private func all(_ line: inout CallLine<String>) -> [String] {
            var jobs: [String] = []
            while let (_, job) = line.next() { jobs.append(job) }
            return jobs
        }

        @Test func callsAboutOneSubjectNeverMeetNorChangePlaces() {
            var line = line(3, [("wake a", "a", true), ("off a", "a", false), ("look at a", "a", false)])
            for job in ["wake a", "off a", "look at a"] {
                #expect(all(&line) == [job])
                line.ended(on: 0)
            }
            #expect(all(&line) == [])
        }

        @Test func briefCallsGoFirstAndFindAConnectionWhateverTakesLong() {
            var line = line(3, [("wake a", "a", true), ("wake b", "b", true), ("wake c", "c", true), ("off d", "d", false)])
            #expect(all(&line) == ["off d", "wake a", "wake b"])
            line.ended(on: 0)
            #expect(all(&line) == [], "the last connection is kept for what is brief")
            line.add("off e", about: "e", isLong: false)
            #expect(all(&line) == ["off e"])
            line.ended(on: 1)
            #expect(all(&line) == ["wake c"])
        }

        @Test func theFirstFreeConnectionIsTaken() {
            var line = line(4, [("a", "a", false), ("b", "b", false), ("c", "c", false)])
            let first = (0..<3).map { _ in line.next()?.connection }
            #expect(first == [0, 1, 2])
            line.ended(on: 1)
            line.add("d", about: "d", isLong: true)
            let next = line.next()
            #expect(next?.connection == 1 && next?.job == "d")
        }

        /// Thirty machines, each with three calls, on five connections that end in any order: all are carried out, each machine's in order.
        @Test(arguments: 0..<50 as Range<UInt64>) func nothingIsLostWhateverTheOrder(_ seed: UInt64) {
            var chance = seed &* 0x9E37_79B9_7F4A_7C15 | 1
            func draw(_ count: Int) -> Int {
                chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(chance >> 33) % count
            }
            var line = CallLine<(subject: Int, number: Int)>(connections: 5)
            for number in 0..<3 { for subject in 0..<30 { line.add((subject, number), about: "\(subject)", isLong: draw(2) == 0) } }
            var underWay: [(connection: Int, job: (subject: Int, number: Int))] = []
            var done = [Int](repeating: 0, count: 30)
            while true {
                while let next = line.next() {
                    #expect(!underWay.contains { $0.connection == next.connection || $0.job.subject == next.job.subject })
                    underWay.append(next)
                }
                guard !underWay.isEmpty else { break }
                let ended = underWay.remove(at: draw(underWay.count))
                #expect(done[ended.job.subject] == ended.job.number)
                done[ended.job.subject] += 1
                line.ended(on: ended.connection)
            }
            #expect(done == [Int](repeating: 3, count: 30))
        }
    }
#endif
