// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

extension StoreTrial {
    func journal() async throws {
        var run = Self.run("op-1")
        let begun = run
        let lines = (1...12).map { JournalEntry($0 == 1 ? .committed : .stepped, "step \($0)", output: "{\"n\":\($0)}") }
        try await store.write { tx in
            try tx.journal.begin(begun)
            try self.expect(try tx.journal.append(lines[0], to: begun.id), is: begun, "the run as append gives it")
        }
        for line in lines.dropFirst() { try await store.write { _ = try $0.journal.append(line, to: begun.id) } }
        try await expect("a refusal to begin twice") { _ in
            true
        } from: {
            try await store.write { try $0.journal.begin(begun) }
        }
        try await expect(RunTakenOver(run: RunID("op-none"))) {
            try await store.write { _ = try $0.journal.append(lines[0], to: RunID("op-none")) }
        }
        try await store.write { try $0.journal.supersede(RunID("op-none"), by: begun.id) }
        run.percent = 40
        run.cancelRequested = true
        run.failure = RunFailure(code: "busy", parameters: ["object": "vm-1"], detail: "…")
        run.stuck = StuckPoint(step: "power", undoing: true, failure: RunFailure(code: "x"), attempts: 3)
        run.state = .stuck
        run.waitingFor = "guest"
        run.output = "{}"
        let changed = run
        try await store.write { try $0.journal.update(changed.id) { $0 = changed } }
        let found = try await store.journal(of: run.id)
        try expect(found?.run, is: run, "run")
        try expect(found?.entries, is: lines, "lines")
        try expect(try await store.journal(of: RunID("op-none")) == nil, "a journal of no run")
        for state in RunState.allCases where state.isTerminal { try await refusesLines(of: state) }
    }

    private func refusesLines(of state: RunState) async throws {
        let run = Self.run("op-\(state.rawValue)", state: state)
        try await store.write { try $0.journal.begin(run) }
        try await expect(RunTakenOver(run: run.id)) {
            try await store.write { _ = try $0.journal.append(JournalEntry(.stepped, "late"), to: run.id) }
        }
        try await expect(RunTakenOver(run: run.id)) {
            try await store.write { try $0.journal.update(run.id) { $0.state = .running } }
        }
        try expect(try await store.journal(of: run.id)?.run, is: run, "an ended run")
    }

    func superseding() async throws {
        for state in RunState.allCases {
            let run = Self.run("op-\(state.rawValue)", state: state)
            try await store.write { try $0.journal.begin(run) }
            if state.isInterruptible {
                try await store.write { try $0.journal.supersede(run.id, by: RunID("op-other")) }
                let after = try await store.journal(of: run.id)?.run
                try expect(after?.state, is: state.isTerminal ? state : .superseded, "a run that was \(state)")
                if state.isTerminal { try expect(after, is: run, "an ended run") }
            } else {
                try await expect(RunBusy(run: run.id)) {
                    try await store.write { try $0.journal.supersede(run.id, by: RunID("op-other")) }
                }
                try expect(try await store.journal(of: run.id)?.run, is: run, "a busy run")
            }
        }
        // The one that was taken over notices at its next line.
        let waiting = Self.run("op-late", state: .waiting)
        try await store.write { tx in
            try tx.journal.begin(waiting)
            try tx.journal.supersede(waiting.id, by: RunID("op-other"))
        }
        try await expect(RunTakenOver(run: waiting.id)) {
            try await store.write { _ = try $0.journal.append(JournalEntry(.stepped, "ready"), to: waiting.id) }
        }
    }

    func runs() async throws {
        // Ids say nothing about age, so they run against it here.
        let runs = (1...12).map { number in
            var run = Self.run("op-\(99 - number)", state: RunState.allCases[number % RunState.allCases.count])
            run.actor = number % 2 == 0 ? "user-even" : "user-odd"
            run.object = number % 3 == 0 ? "vm-third" : "vm-other"
            run.parent = number > 10 ? RunID("op-98") : nil
            return run
        }
        for run in runs { try await store.write { try $0.journal.begin(run) } }
        let newest = Array(runs.reversed())
        try await store.read { view in
            func list(_ actor: String? = nil, _ object: String? = nil, before: RunID? = nil, _ limit: Int = 100) throws -> [RunRecord] {
                try view.runs(actor: actor, object: object, before: before, limit: limit)
            }
            try self.expect(try list(), is: newest, "newest first")
            try self.expect(try list("user-even"), is: newest.filter { $0.actor == "user-even" }, "of an actor")
            try self.expect(
                try list("user-even", "vm-third"), is: newest.filter { $0.actor == "user-even" && $0.object == "vm-third" }, "of both")
            try self.expect(try list(nil, nil, 5), is: Array(newest.prefix(5)), "first page")
            try self.expect(try list(before: newest[4].id, 5), is: Array(newest[5..<10]), "second page")
            try self.expect(try list(before: newest[9].id, 5), is: Array(newest[10...]), "last page")
            try self.expect(try view.children(of: RunID("op-98")), is: Array(runs.suffix(2)), "children")
            try self.expect(try view.run(runs[3].id), is: runs[3], "one")
            try self.expect(try view.run(RunID("op-none")), is: nil, "none")
        }
        try expect(try await store.unfinishedRuns(), is: runs.filter { !$0.state.isTerminal }, "unfinished, oldest first")
    }
}
