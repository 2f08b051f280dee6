// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudTesting
import CloudWorkflow
import Dispatch
import GRDB
import Synchronization
import Testing

@testable import CloudStoreSQL
@testable import CloudStoreSQLite

/// What happens to the members of a group when its commit does not go well.
@Suite struct GroupCommitTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("store") }

    init() throws { folder = try TemporaryFolder() }

    private func user(_ number: UInt64) throws -> User { try RecordSample(number).make(User.self) }

    private func storeWhoseCommits(fail: @escaping @Sendable (_ number: Int) throws -> Void) async throws -> (SQLiteStore, Commits) {
        let commits = Commits()
        let store = try await SQLiteStore.open(path: path, migrations: Migration.all) { try fail(commits.next()) }
        return (store, commits)
    }

    /// Begins many writes at once, the first of which holds the writer until the others wait behind it.
    private func write(_ count: UInt64, to store: SQLiteStore) async -> [UInt64: Result<Void, any Error>] {
        await withTaskGroup(of: (UInt64, Result<Void, any Error>).self) { group in
            for number in 1...count {
                group.addTask {
                    do {
                        let user = try user(number)
                        try await store.write { try $0.insert(user) }
                        return (number, .success(()))
                    } catch { return (number, .failure(error)) }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test func writesThatWaitTogetherShareACommit() async throws {
        let (store, commits) = try await storeWhoseCommits { _ in }
        for outcome in await write(200, to: store).values { try outcome.get() }
        #expect(try await store.read { try $0.users.count() } == 200)
        #expect(commits.count < 150, "\(commits.count) commits for 200 writes at once")
        try await store.close()
    }

    /// The first of a group has no savepoint, the others have: what each of them did before it was refused is gone either way.
    @Test func whoIsRefusedTakesBackItsOwnAndNobodyElses() async throws {
        struct Refused: Error {}
        let (store, commits) = try await storeWhoseCommits { _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...120 as ClosedRange<UInt64> {
                let user = try user(number)
                group.addTask {
                    do {
                        try await store.write { tx in
                            try tx.insert(user)
                            if number % 3 != 0 { throw Refused() }
                        }
                    } catch is Refused {}
                }
            }
            try await group.waitForAll()
        }
        let expected = try (1...120 as ClosedRange<UInt64>).filter { $0 % 3 == 0 }.map { try user($0).key }
        #expect(try await store.read { try $0.users.all().map(\.key).sorted() } == expected.sorted())
        #expect((1...40).contains(commits.count), "what is refused alone commits nothing: \(commits.count)")
        try await store.close()
    }

    @Test(arguments: [ResultCode.SQLITE_BUSY, .SQLITE_FULL, .SQLITE_NOMEM])
    func aLostGroupIsRunAgainMemberByMember(_ code: ResultCode) async throws {
        let (store, commits) = try await storeWhoseCommits { if $0 == 1 { throw DatabaseError(resultCode: code) } }
        for outcome in await write(50, to: store).values { try outcome.get() }
        #expect(try await store.read { try $0.users.count() } == 50)
        #expect(commits.count > 1)
        try await store.close()
    }

    /// Writes from tasks that prefer executors of their own, which come to their wait when the group's commit is behind them already.
    private func writeLate(_ count: UInt64, to store: SQLiteStore) async -> [UInt64: Result<Void, any Error>] {
        await withTaskExecutorPreference(ThreadOfItsOwn()) { await write(count, to: store) }
    }

    @Test(arguments: [1, 50] as [UInt64]) func whoComesLateToAGroupThatWasLostIsRunAgain(_ count: UInt64) async throws {
        let (store, commits) = try await storeWhoseCommits { if $0 == 1 { throw DatabaseError(resultCode: .SQLITE_BUSY) } }
        for outcome in await writeLate(count, to: store).values { try outcome.get() }
        #expect(try await store.read { try $0.users.count() } == Int(count))
        #expect(commits.count > 1)
        try await store.close()
    }

    @Test func whoComesLateAndFailsAgainAloneIsToldWhy() async throws {
        let (store, _) = try await storeWhoseCommits { _ in throw DatabaseError(resultCode: .SQLITE_FULL) }
        let before = try await store.dump()
        for outcome in await writeLate(10, to: store).values {
            #expect { try outcome.get() } throws: { error in
                (error as? CloudError)?.parameters == ["reason": "the disk of the store is full"]
            }
        }
        #expect(try await store.dump() == before)
        try await store.close()
    }

    @Test(arguments: [1, 10] as [UInt64]) func whoComesLateToTheEndIsToldNothingElse(_ count: UInt64) async throws {
        let (store, commits) = try await storeWhoseCommits { _ in throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        for outcome in await writeLate(count, to: store).values {
            #expect { try outcome.get() } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
        }
        #expect(commits.count == 1, "nothing is tried again")
        #expect(try await store.read { try $0.users.count() } == 0)
        try await store.close()
    }

    @Test func aMemberThatFailsAgainAloneIsToldWhy() async throws {
        let (store, _) = try await storeWhoseCommits { _ in throw DatabaseError(resultCode: .SQLITE_FULL) }
        let before = try await store.dump()
        for outcome in await write(10, to: store).values {
            #expect { try outcome.get() } throws: { error in
                (error as? CloudError)?.parameters == ["reason": "the disk of the store is full"]
            }
        }
        #expect(try await store.dump() == before)
        try await store.close()
    }

    @Test func nothingIsAcknowledgedAfterAFailedFsync() async throws {
        let (store, commits) = try await storeWhoseCommits {
            if $0 == 3 { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        }
        let (first, second, third, fourth) = (try user(1), try user(2), try user(3), try user(4))
        try await store.write { try $0.insert(first) }
        try await store.write { try $0.insert(second) }
        await #expect(throws: CloudError.self) { try await store.write { try $0.insert(third) } }
        await #expect {
            try await store.write { try $0.insert(fourth) }
        } throws: { ($0 as? CloudError)?.code == .storeUnavailable }
        await #expect(throws: CloudError.self, "one that changes nothing, by which a manager looks, is refused too") {
            try await store.write { _ in }
        }
        #expect(commits.count == 3, "the fourth was not even tried")
        #expect(try await store.read { try $0.users.count() } == 2, "reads go on")
        try await store.close()
        let again = try await SQLiteStore.open(path: path)
        try await again.write { try $0.insert(fourth) }
        #expect(try await again.read { try $0.users.count() } == 3)
        try await again.close()
    }

    /// SQLite ends the transaction by itself here, in the middle of a body that goes on as if nothing were.
    @Test func aFullDiskTakesBackWhatABodySwallowed() async throws {
        let store = try await SQLiteStore.open(path: path)
        let (small, large) = (try user(1), try user(2))
        try await store.write { try $0.insert(small) }
        try await store.set("max_page_count = 400")
        let before = try await store.dump()
        await #expect {
            try await store.write { tx in
                var user = large
                user.keys = [String(repeating: "x", count: 4_000_000)]
                do { try tx.insert(user) } catch is CloudError {}
                do { try tx.insert(try self.user(3)) } catch is CloudError {}
            }
        } throws: { ($0 as? CloudError)?.parameters == ["reason": "the disk of the store is full"] }
        #expect(try await store.dump() == before)
        let outcomes = await write(20, to: store)
        #expect(outcomes.values.contains { if case .success = $0 { true } else { false } }, "small writes still fit")
        try await store.close()
    }

    /// The engine loses the group in a member that came later; the first, which has no savepoint, waits for the commit meanwhile.
    @Test func whoFillsTheDiskLosesNobodyElsesWrite() async throws {
        let store = try await SQLiteStore.open(path: path)
        try await store.write { try $0.insert(try self.user(1000)) }
        try await store.set("max_page_count = 400")
        var large = try user(2000)
        large.keys = [String(repeating: "x", count: 4_000_000)]
        async let refused: Void = { [large] in
            await #expect(throws: CloudError.self) { try await store.write { try $0.insert(large) } }
        }()
        for outcome in await write(60, to: store).values { try outcome.get() }
        await refused
        #expect(try await store.read { try $0.users.count() } == 61)
        try await store.close()
    }

    @Test func aStoreThatAnotherProcessHoldsIsUnavailable() async throws {
        let store = try await SQLiteStore.open(path: path)
        try await store.set("busy_timeout = 20")
        let other = try DatabaseQueue(path: path, configuration: .store("other"))
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let user = try user(1)
        await #expect {
            try await store.write { try $0.insert(user) }
        } throws: { ($0 as? CloudError)?.parameters == ["reason": "another process holds the store"] }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await store.write { try $0.insert(user) }
        try await store.close()
    }
}

/// How many commits were tried.
private final class Commits: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

/// An executor that tasks may prefer.
private final class ThreadOfItsOwn: TaskExecutor {
    private let queue = DispatchQueue(label: "a thread of its own")
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
