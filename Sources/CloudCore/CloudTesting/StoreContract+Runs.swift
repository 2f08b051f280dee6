// SPDX-License-Identifier: Apache-2.0

import CloudStore
import CloudWorkflow

extension StoreTrial {
    func runs() async throws {
        // Ids say nothing about age, so they run against it here.
        let runs = (1...12).map { number in
            var run = JournalSample.run("op-\(99 - number)", state: RunState.allCases[number % RunState.allCases.count])
            run.actor = number % 2 == 0 ? "user-even" : "user-odd"
            run.object = number % 3 == 0 ? "vm-third" : "vm-other"
            run.parent = number > 10 ? RunID("op-98") : nil
            return run
        }
        for run in runs { try await store.write { try $0.journal.begin(run) } }
        let newest = Array(runs.reversed())
        try await store.read { view in
            func list(
                _ actor: String? = nil, _ object: String? = nil, in state: RunState? = nil, before: RunID? = nil, _ limit: Int = 100
            ) throws -> [RunRecord] { try view.runs(actor: actor, object: object, state: state, before: before, limit: limit) }
            try self.expect(try list(), is: newest, "newest first")
            try self.expect(try list("user-even"), is: newest.filter { $0.actor == "user-even" }, "of an actor")
            try self.expect(
                try list("user-even", "vm-third"), is: newest.filter { $0.actor == "user-even" && $0.object == "vm-third" }, "of both")
            let running = newest.filter { $0.state == .running }
            try self.expect(try list(in: .running), is: running, "in a state")
            try self.expect(try list(in: .running, before: running[0].id, 5), is: Array(running.dropFirst()), "in a state, second page")
            try self.expect(
                try list("user-odd", in: .running), is: running.filter { $0.actor == "user-odd" }, "of an actor and in a state")
            try self.expect(try list(nil, nil, 5), is: Array(newest.prefix(5)), "first page")
            try self.expect(try list(before: newest[4].id, 5), is: Array(newest[5..<10]), "second page")
            try self.expect(try list(before: newest[9].id, 5), is: Array(newest[10...]), "last page")
            try self.expect(try view.children(of: RunID("op-98")), is: Array(runs.suffix(2)), "children")
            try self.expect(try view.run(runs[3].id), is: runs[3], "one")
            try self.expect(try view.run(RunID("op-none")), is: nil, "none")
        }
        try expect(try await store.unfinishedRuns(), is: runs.filter { !$0.state.isTerminal }, "unfinished, oldest first")
        let open = try await store.openRuns()
        try expect(open.runs, is: runs.filter { !$0.state.isTerminal }, "unfinished that can be read, oldest first")
        try expect(open.unread.keys.sorted(), is: [], "unfinished that cannot be read")
    }
}
