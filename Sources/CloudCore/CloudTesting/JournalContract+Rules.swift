// SPDX-License-Identifier: Apache-2.0

import CloudWorkflow

extension JournalTrial {
    func journal() async throws {
        let begun = JournalSample.run("op-1")
        let lines = (1...12).map { JournalEntry($0 == 1 ? .committed : .stepped, "step \($0)", output: "{\"n\":\($0)}") }
        try await write { journal in
            try journal.begin(begun)
            try expect(try journal.append(lines[0], to: begun.id), is: begun, "the run as append gives it")
            try expect(try journal.run(begun.id), is: begun, "the run in its transaction")
            try expect(try journal.entries(of: begun.id), is: [lines[0]], "the lines in their transaction")
        }
        for line in lines.dropFirst() { try await write { _ = try $0.append(line, to: begun.id) } }
        try await expect(RunExists(run: begun.id)) { try await write { try $0.begin(begun) } }
        try await expect(RunTakenOver(run: RunID("op-none"))) { try await write { _ = try $0.append(lines[0], to: RunID("op-none")) } }
        try await write { try $0.supersede(RunID("op-none"), by: begun.id) }
        let changed = JournalSample.full("op-1", state: .stuck)
        try await write { try $0.update(changed.id) { $0 = changed } }
        let found = try await store.journal(of: begun.id)
        try expect(found?.run, is: changed, "run")
        try expect(found?.entries, is: lines, "lines")
        try expect(try await store.run(begun.id), is: changed, "the run alone")
        try expect(try await store.journal(of: RunID("op-none")) == nil, "a journal of no run")
        try expect(try await store.run(RunID("op-none")), is: nil, "no run")
        for state in RunState.allCases where state.isTerminal { try await refusesLines(of: state) }
    }

    private func refusesLines(of state: RunState) async throws {
        let run = JournalSample.run("op-\(state.rawValue)", state: state)
        try await write { try $0.begin(run) }
        try await expect(RunTakenOver(run: run.id)) { try await write { _ = try $0.append(JournalEntry(.stepped, "late"), to: run.id) } }
        try await expect(RunTakenOver(run: run.id)) { try await write { try $0.update(run.id) { $0.state = .running } } }
        try expect(try await store.run(run.id), is: run, "an ended run")
    }

    func superseding() async throws {
        for state in RunState.allCases {
            let run = JournalSample.full("op-\(state.rawValue)", state: state)
            try await write { try $0.begin(run) }
            var expected = run
            if state.isInterruptible {
                try await write { try $0.supersede(run.id, by: RunID("op-other")) }
                try expected.supersede(by: RunID("op-other"))
            } else {
                try await expect(RunBusy(run: run.id)) { try await write { try $0.supersede(run.id, by: RunID("op-other")) } }
            }
            try expect(try await store.run(run.id), is: expected, "a run that was \(state)")
        }
        // The one that was taken over notices at its next line.
        let waiting = JournalSample.run("op-late", state: .waiting)
        try await write { journal in
            try journal.begin(waiting)
            try journal.supersede(waiting.id, by: RunID("op-other"))
        }
        try await expect(RunTakenOver(run: waiting.id)) {
            try await write { _ = try $0.append(JournalEntry(.stepped, "ready"), to: waiting.id) }
        }
    }

    func unfinished() async throws {
        // Ids say nothing about age, so they run against it here.
        let runs = RunState.allCases.enumerated().map { JournalSample.run("op-\(99 - $0.offset)", state: $0.element) }
        for run in runs { try await write { try $0.begin(run) } }
        try expect(try await store.unfinishedRuns(), is: runs.filter { !$0.state.isTerminal }, "unfinished")
        let open = try await store.openRuns()
        try expect(open.runs, is: runs.filter { !$0.state.isTerminal }, "unfinished that can be read")
        try expect(open.unread.keys.sorted(), is: [], "unfinished that cannot be read")
        let known = Set(open.runs.dropLast().map(\.id))
        try expect(try await store.openRuns(besides: known).runs, is: open.runs.suffix(1), "unfinished that is not known")
    }

    func rollback() async throws {
        let (kept, lost) = (JournalSample.run("op-1"), JournalSample.run("op-2"))
        try await write { try $0.begin(kept) }
        try await expect(BodyFailed(number: 1)) {
            try await write { journal in
                try journal.begin(lost)
                try journal.append(JournalEntry(.committed, "claim"), to: kept.id)
                try journal.update(kept.id) { $0.percent = 7 }
                throw BodyFailed(number: 1)
            }
        }
        try expect(try await store.run(lost.id), is: nil, "a run of a body that threw")
        let found = try await store.journal(of: kept.id)
        try expect(found?.run, is: kept, "a run that was there before")
        try expect(found?.entries, is: [], "lines of a body that threw")
    }
}
