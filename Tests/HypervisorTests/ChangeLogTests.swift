// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor
import Testing

@Suite struct ChangeLogTests {
    func id(_ number: UInt64) -> ID<InstanceKind> { ID(bits: 0, number) }
    func shown(_ number: UInt64, _ power: GuestSighting.Power, fence: Int64 = 1, run: Int = 1) -> ChangeLog.Shown {
        ChangeLog.Shown(GuestSighting(instance: id(number), power: power, fence: Fence(fence)), run: run)
    }

    @Test func tellsWhatChangedOnceAndInOrder() {
        var log = ChangeLog(era: "boot")
        log.saw([shown(1, .running), shown(2, .running)])
        let begin = log.changes(since: .now)
        #expect(begin.sightings.isEmpty)
        log.saw([shown(2, .paused), shown(3, .running)])
        let news = log.changes(since: begin.next)
        #expect(Set(news.sightings.map(\.instance)) == [id(1), id(2), id(3)])
        #expect(news.sightings.first { $0.instance == id(1) }?.power == .absent)
        #expect(log.changes(since: news.next).sightings.isEmpty)
        #expect(log.changes(since: begin.next) == news, "the same question has the same answer")
    }

    @Test func anotherRunIsAChangeAndAnotherFenceIsNot() {
        var log = ChangeLog(era: "boot")
        log.saw([shown(1, .running, fence: 1, run: 7)])
        let begin = log.changes(since: .now).next
        log.saw([shown(1, .running, fence: 2, run: 7)])
        #expect(log.changes(since: begin).sightings.isEmpty)
        log.saw([shown(1, .running, fence: 2, run: 8)])
        #expect(log.changes(since: begin).sightings.map(\.fence) == [Fence(2)])
    }

    @Test func aStrangeCursorIsToldEverything() {
        var log = ChangeLog(era: "boot")
        log.saw([shown(1, .running)])
        for text in ["other/1", "boot", "boot/x", "boot/1/2", "/", "💥", "boot/99999999999999999999"] {
            #expect(log.changes(since: ChangeCursor(text)).sightings.count == 1, "\(text)")
        }
    }

    @Test func pagesAreReadToTheEndWithoutLoss() {
        var log = ChangeLog(era: "boot")
        log.saw((1...2500).map { shown($0, .running) })
        var (cursor, seen) = (ChangeCursor("begin"), Set<ID<InstanceKind>>())
        for expected in [1000, 1000, 500, 0] {
            let page = log.changes(since: cursor)
            #expect(page.sightings.count == expected)
            seen.formUnion(page.sightings.map(\.instance))
            cursor = page.next
        }
        #expect(seen.count == 2500)
    }

    @Test func goneInstancesAreForgottenAtLast() {
        var log = ChangeLog(era: "boot")
        for wave in 0..<3 as Range<UInt64> { log.saw((1...6000).map { shown(wave * 6000 + $0, .running) }) }
        log.saw([])
        var (cursor, count) = (ChangeCursor("begin"), 0)
        while case let page = log.changes(since: cursor), !page.sightings.isEmpty {
            count += page.sightings.count
            cursor = page.next
        }
        #expect(count == 10_000)
    }
}
