// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CloudWorkflow

@Suite("What is recorded is a prefix of what is replayed")
struct ReplayTests {
    private func replay(_ names: [String], recovered: Bool = true) -> Replay {
        Replay(names.map { JournalEntry(.stepped, $0, output: "was \($0)") }, recovered: recovered)
    }

    @Test("recorded steps give their outputs, the first new one was perhaps done, the next was not")
    func prefix() throws {
        var replay = replay(["a", "b"])
        #expect(try replay.visit("a", in: []) == .recorded("was a"))
        #expect(try replay.visit("b", in: []) == .recorded("was b"))
        #expect(try replay.visit("c", in: []) == .fresh(perhapsDone: true))
        #expect(try replay.visit("d", in: []) == .fresh(perhapsDone: false))
        try replay.end()
    }

    @Test("in a run that nobody worked for before, nothing was perhaps done")
    func first() throws {
        var replay = replay([], recovered: false)
        #expect(try replay.visit("a", in: []) == .fresh(perhapsDone: false))
    }

    @Test("undone lines are no steps")
    func undoneLines() throws {
        var replay = Replay(
            [JournalEntry(.committed, "a"), JournalEntry(.unwinding, ""), JournalEntry(.undone, "a")], recovered: true)
        #expect(try replay.visit("a", in: []) == .recorded(""))
        try replay.end()
    }

    @Test("another order, another name, a name twice, steps left over: each a mismatch")
    func mismatches() throws {
        #expect(throws: Replay.Mismatch.expected("a", met: "b")) {
            var replay = replay(["a", "b"])
            _ = try replay.visit("b", in: [])
        }
        #expect(throws: Replay.Mismatch.expected("a", met: "x")) {
            var replay = replay(["a"])
            _ = try replay.visit("x", in: [])
        }
        #expect(throws: Replay.Mismatch.usedTwice("a")) {
            var replay = replay(["a"])
            _ = try replay.visit("a", in: [])
            _ = try replay.visit("a", in: [])
        }
        #expect(throws: Replay.Mismatch.notReached("b")) {
            var replay = replay(["a", "b"])
            _ = try replay.visit("a", in: [])
            try replay.end()
        }
    }

    @Test("siblings stand in any order", arguments: [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]])
    func siblings(order: [String]) throws {
        var replay = replay(["claim"] + order + ["end"])
        let group: Set = ["a", "b", "c"]
        #expect(try replay.visit("claim", in: []) == .recorded("was claim"))
        for name in ["a", "b", "c"] { #expect(try replay.visit(name, in: group) == .recorded("was \(name)")) }
        #expect(try replay.visit("end", in: []) == .recorded("was end"))
        try replay.end()
    }

    @Test("of a half recorded group, each of the others was perhaps done")
    func halfAGroup() throws {
        var replay = replay(["claim", "b"])
        let group: Set = ["a", "b", "c"]
        _ = try replay.visit("claim", in: [])
        #expect(try replay.visit("a", in: group) == .fresh(perhapsDone: true))
        #expect(try replay.visit("b", in: group) == .recorded("was b"))
        #expect(try replay.visit("c", in: group) == .fresh(perhapsDone: true))
        try replay.end()
    }

    @Test("a journal that went on past a group lacks none of it")
    func pastTheGroup() throws {
        #expect(throws: Replay.Mismatch.expected("end", met: "a")) {
            var replay = replay(["b", "end"])
            _ = try replay.visit("a", in: ["a", "b"])
        }
    }
}
