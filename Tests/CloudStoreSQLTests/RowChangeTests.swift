// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import CloudStore
import CloudStoreSQL
import CloudTesting
import CloudWorkflow
import Testing

/// A change writes what changes and nothing else, and yet the row is the record, however it came to be known.
@Suite struct RowChangeTests {
    /// Passes statements on and keeps those that change rows.
    private final class Spy: SQLConnection {
        private let inner: any SQLConnection
        private(set) var changes: [String] = []
        init(_ inner: any SQLConnection) { self.inner = inner }

        func execute(_ statement: String, _ arguments: [StoreValue]) throws -> Int {
            if statement.hasPrefix("UPDATE") { changes.append(statement) }
            return try inner.execute(statement, arguments)
        }
        func query(_ statement: String, _ arguments: [StoreValue]) throws -> [[StoreValue]] { try inner.query(statement, arguments) }
    }

    @Test func aRowThatWasReadIsWrittenWhereItChanges() throws {
        try onScratch { connection in
            let spy = Spy(connection)
            let port = try RecordSample(1).make(InstancePort.self)
            try SQLTransaction(connection).insert(port)
            try SQLTransaction(spy).ports.change(port.id) { $0.attached.toggle() }
            #expect(spy.changes == [#"UPDATE "ports" SET "version" = ?, "attached" = ? WHERE "id" = ? AND "version" = ?"#])
        }
    }

    @Test func aRowThatWasNotReadIsWrittenWholeButForItsKey() throws {
        try onScratch { connection in
            let spy = Spy(connection)
            var user = try RecordSample(1).make(User.self)
            try SQLTransaction(connection).insert(user)
            user.login = "another"
            try SQLTransaction(spy).update(user)
            let text = try #require(spy.changes.first)
            for column in User.Column.allCases where column.rawValue != "id" {
                #expect(text.contains(#""\#(column.rawValue)" = ?"#))
            }
            #expect(!text.contains(#"SET "id""#) && !text.contains(#", "id""#))
            #expect(try SQLView(connection).users.get(user.id).login == "another")
        }
    }

    /// The row of a run is of five indexes, its state of one.
    @Test func progressOfARunTouchesNoIndex() throws {
        try onScratch { connection in
            let spy = Spy(connection)
            let journal = SQLTransaction(spy).journal
            try journal.begin(RunRecord(id: RunID("op-1"), kind: "k", version: 1, input: "{}", actor: "a", object: "o"))
            try journal.update(RunID("op-1")) { $0.percent = 40 }
            try journal.update(RunID("op-1")) { $0.percent = 40 }
            try journal.update(RunID("op-1")) { $0.state = .waiting }
            #expect(
                spy.changes == [
                    #"UPDATE "runs" SET "percent" = ? WHERE "id" = ?"#, #"UPDATE "runs" SET "state" = ? WHERE "id" = ?"#,
                ])
            let run = try #require(try SQLView(connection).run(RunID("op-1")))
            #expect(run.percent == 40 && run.state == .waiting && run.input == "{}")
        }
    }

    /// Whatever a transaction has read, listed, changed, removed and put in again before, an update leaves the row that was asked for.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func theRowIsTheRecord(_ seed: UInt64) throws {
        try onScratch { connection in
            var random = SplitMix64(seed: seed)
            var rows = try (1...4).map { try RecordSample($0).make(InstancePort.self) }
            for row in rows { try SQLTransaction(connection).insert(row) }
            for _ in 0..<6 {
                let transaction = SQLTransaction(connection)
                for _ in 0..<12 {
                    let index = random.below(rows.count)
                    switch random.below(6) {
                    case 0: _ = try transaction.ports.find(rows[index].id)
                    case 1: _ = try transaction.ports.first(.equals(.ipv4, .text(rows[index].ipv4.description)))
                    case 2: _ = try transaction.ports.all()
                    case 3 where random.below(3) == 0:
                        var clash = rows[index]
                        clash.mac = rows[(index + 1) % rows.count].mac
                        #expect(throws: UniqueViolation.self) { try transaction.update(clash) }
                        clash = rows[index]
                        clash.version -= 1
                        clash.attached.toggle()
                        #expect(throws: CloudError.self) { try transaction.update(clash) }
                    case 3:
                        try transaction.ports.delete(rows[index].id)
                        rows[index].label = try DNSLabel("again-\(random.below(1_000_000))")
                        try transaction.insert(rows[index])
                    default:
                        if random.below(2) == 0 { rows[index].attached.toggle() }
                        if random.below(2) == 0 { rows[index].keptUntil = Timestamp(milliseconds: Int64(random.below(9))) }
                        if random.below(3) == 0 { rows[index].keptUntil = nil }
                        rows[index] = try transaction.update(rows[index])
                    }
                }
                let stored = try SQLView(connection).ports.all()
                #expect(stored.sorted { $0.key < $1.key } == rows.sorted { $0.key < $1.key })
            }
        }
    }

    /// Also where it wants just what is there already, and the body goes on after the refusal.
    @Test(arguments: ["older", "newer"])
    func aRecordOfAnOlderVersionIsRefusedAlsoWhereTheRowIsKnown(_ login: String) throws {
        try onScratch { connection in
            let transaction = SQLTransaction(connection)
            let old = try RecordSample(1).make(User.self)
            try transaction.insert(old)
            let newer = try transaction.users.change(old.id) { $0.login = "newer" }
            var stale = old
            stale.login = login
            #expect { try transaction.update(stale) } throws: { ($0 as? CloudError)?.code == .staleVersion }
            #expect(try transaction.users.get(old.id) == newer)
            try transaction.insert(try RecordSample(2).make(User.self))
            #expect(try transaction.users.change(old.id) { $0.login = "newest" }.login == "newest")
        }
    }

    /// A text is its bytes: a letter in one piece and the same of two pieces are two logins to whoever looks them up.
    @Test func anotherSpellingIsAChange() throws {
        try onScratch { connection in
            let transaction = SQLTransaction(connection)
            var user = try RecordSample(1).make(User.self)
            user.login = "\u{E9}va"
            try transaction.insert(user)
            try transaction.users.change(user.id) { $0.login = "e\u{301}va" }
            #expect(try transaction.users.first(.equals(.login, .text("e\u{301}va")))?.id == user.id)
            #expect(try transaction.users.first(.equals(.login, .text("\u{E9}va"))) == nil)
        }
    }
}
