// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudTesting
import CloudWorkflow
import Testing

@Suite struct SQLViewTests {
    @Test func aRowThatCannotBeReadIsNamedAndHoldsNoOther() throws {
        try onScratch { connection in
            let (one, two) = (try RecordSample(1).make(User.self), try RecordSample(2).make(User.self))
            let transaction = SQLTransaction(connection)
            try transaction.insert(one)
            try transaction.insert(two)
            try connection.execute(#"UPDATE "users" SET "role" = 'emperor' WHERE "id" = ?"#, [.text(one.key)])
            #expect {
                try SQLView(connection).users.get(one.id)
            } throws: {
                ($0 as? CloudError)?.parameters == ["reason": "a row of users cannot be read", "table": "users"]
                    && ($0 as? CloudError)?.isUnreadableRow == true
            }
            #expect(try SQLView(connection).users.get(two.id) == two)
        }
    }

    @Test(arguments: ["stuck", "failure"]) func aRunThatCannotBeReadHidesNoOther(column: String) throws {
        try onScratch { connection in
            // Ids say nothing about age, so they run against it here.
            let states: [(String, RunState)] = [("op-9", .queued), ("op-8", .stuck), ("op-7", .done), ("op-6", .waiting)]
            let runs = states.map { id, state in
                RunRecord(
                    id: RunID(id), kind: "instance.start", version: 1, input: "{}", actor: "user-1", object: "vm-1", state: state)
            }
            let journal = SQLTransaction(connection).journal
            for run in runs { try journal.begin(run) }
            let view = SQLView(connection)
            #expect(try view.openRuns().runs == [runs[0], runs[1], runs[3]] && view.openRuns().unread.isEmpty)
            try connection.execute("UPDATE \"runs\" SET \"\(column)\" = 'no JSON' WHERE \"id\" = ?", [.text("op-8")])
            #expect(throws: CloudError.self) { try view.unfinishedRuns() }
            let open = try view.openRuns()
            #expect(open.runs == [runs[0], runs[3]], "oldest first")
            #expect(Array(open.unread.keys) == [RunID("op-8")])
            #expect((open.unread[RunID("op-8")] as? CloudError)?.isUnreadableRow == true)
            let others = try view.openRuns(besides: [RunID("op-9")])
            #expect(others.runs == [runs[3]] && Array(others.unread.keys) == [RunID("op-8")])
            #expect(try view.openRuns(besides: [RunID("op-8"), RunID("op-6")]).unread.isEmpty, "what is known is not read")
            // A list shows what can be read of it, and that it is stuck by what cannot; with the others around it, in their order.
            let listed = try view.runs(actor: "user-1", object: nil, state: nil, before: nil, limit: 10)
            #expect(listed.map(\.id) == runs.reversed().map(\.id))
            #expect(listed.filter { $0.id != RunID("op-8") } == [runs[3], runs[2], runs[0]])
            let broken = try #require(listed.first { $0.id == RunID("op-8") })
            #expect((broken.kind, broken.object, broken.state) == ("instance.start", "vm-1", .stuck))
            #expect(broken.stuck?.failure.code == "store-unavailable" && broken.stuck?.failure.parameters["table"] == "runs")
            // One of a later version, whose state this one does not know, is stuck as well; one that has ended stays ended.
            try connection.execute(#"UPDATE "runs" SET "state" = 'sleeping' WHERE "id" = 'op-9'"#)
            try connection.execute(#"UPDATE "runs" SET "failure" = 'no JSON' WHERE "id" = 'op-7'"#)
            let seen = try view.runs(actor: nil, object: nil, state: nil, before: nil, limit: 10).map { [$0.id.text, $0.state.rawValue] }
            #expect(seen == [["op-6", "waiting"], ["op-7", "done"], ["op-8", "stuck"], ["op-9", "stuck"]])
        }
    }
}
