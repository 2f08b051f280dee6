// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import ImageStore
import Synchronization
import Testing

@testable import ImageStoreFiles

/// What the ledger promised holds after a restart, whatever the end of the process did to its last line.
@Suite struct DurableLedgerTests {
    private static let disk = ID<DiskKind>(bits: 1, 1)
    private func command(_ fence: Int64) -> Command { Command(run: ID(bits: 1, 1), step: "s\(fence)", fence: Fence(fence)) }

    @Test func aTornLastLineIsLeftOut() async throws {
        let place = try TemporaryStore()
        try await place.store.remove(Self.disk, command(5))
        for cut in [1, 10, 40] {
            let whole = try place.bytes("ledger")
            try place.write("ledger", whole + Array(#"{"command":{"fence":9,"run":"op-1","step":"s"},"subject":"x"}"#.utf8.prefix(cut)))
            try place.reopen()
            await #expect(throws: CloudError.self) { try await place.store.remove(Self.disk, command(4)) }
        }
        try await place.store.remove(Self.disk, command(5))
    }

    @Test func aBrokenLineInTheMiddleIsNotReadOver() throws {
        let place = try TemporaryStore()
        let whole = try place.bytes("ledger")
        try place.write("ledger", Array("nonsense\n".utf8) + whole)
        #expect(throws: CloudError.self) { try place.reopen() }
    }

    @Test func manyCommandsAreKept() async throws {
        let place = try TemporaryStore()
        for fence in 1...300 { try await place.store.remove(ID<DiskKind>(bits: 2, UInt64(fence)), command(Int64(fence))) }
        try place.reopen()
        try place.reopen()
        for fence in 1...300 {
            await #expect(throws: CloudError.self) {
                try await place.store.remove(ID<DiskKind>(bits: 2, UInt64(fence)), command(Int64(fence - 1)))
            }
        }
    }

    // A fence is on the disk before its effect begins, also where the first attempt to put it there failed.
    @Test(arguments: [DurableLedger.Call.write, .sync]) func aFenceThatCouldNotBeKeptIsNotRemembered(call: DurableLedger.Call) throws {
        let place = try TemporaryStore()
        place.store.close()
        let fails = Mutex(false)
        let folders = try StoreFolders(root: place.root)
        defer { folders.lock.unlock() }
        let made = Mutex<[DurableLedger.Call]>([])
        let ledger = try DurableLedger(folders) { now in
            made.withLock { $0.append(now) }
            if now == call, fails.withLock({ $0 }) { throw FileFault(call: "injected", number: 5) }
        }
        let disk = Self.disk.text
        #expect(try ledger.admit(command(1), on: disk) == .fresh)
        for _ in 0..<2 {
            fails.withLock { $0 = true }
            #expect(throws: FileFault.self) { try ledger.admit(command(2), on: disk) }
            #expect(throws: FileFault.self, "the same command again ran with nothing on the disk") {
                try ledger.admit(command(2), on: disk)
            }
        }
        // Nothing was carried out, so the older command is still the newest.
        #expect(try ledger.admit(command(1), on: disk) == .fresh)
        fails.withLock { $0 = false }
        made.withLock { $0 = [] }
        #expect(try ledger.admit(command(2), on: disk) == .fresh)
        #expect(made.withLock { $0 } == [.write, .sync])
        #expect(throws: CloudError.self) { try ledger.admit(command(1), on: disk) }
        let again = try DurableLedger(folders)
        #expect(throws: CloudError.self) { try again.admit(command(1), on: disk) }
        #expect(try again.admit(command(2), on: disk) == .fresh)
    }

    // Two commands wait for the disk. It fails, tells one of them, and says to the other that all is well, though its line is lost too.
    @Test func aFailedSyncIsTheFailureOfAllThatWereWaiting() throws {
        let place = try TemporaryStore()
        place.store.close()
        let folders = try StoreFolders(root: place.root)
        defer { folders.lock.unlock() }
        let path = place.root + "/ledger"
        @Sendable func length() -> Int { (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0 }
        // How long the file is before the two, and with them.
        let lengths = Mutex<(before: Int, both: Int)?>(nil)
        let ledger = try DurableLedger(folders) { call in
            guard call == .sync, let (before, both) = lengths.withLock({ $0.take() }) else { return }
            let limit = ContinuousClock.now + .seconds(30)
            while length() < both, ContinuousClock.now < limit { sched_yield() }
            guard length() == both, truncate(path, off_t(before)) == 0 else { return }
            throw FileFault(call: "injected", number: 5)
        }
        let empty = length()
        for disk in ["one", "two"] { #expect(try ledger.admit(command(1), on: disk) == .fresh) }
        lengths.withLock { $0 = (length(), length() + length() - empty) }
        let admitted = Mutex<[String]>([])
        let failed = Mutex(0)
        let ends = DispatchSemaphore(value: 0)
        let newer = command(2)
        for disk in ["one", "two"] {
            Thread {
                do {
                    _ = try ledger.admit(newer, on: disk)
                    admitted.withLock { $0.append(disk) }
                } catch { failed.withLock { $0 += 1 } }
                ends.signal()
            }.start()
        }
        for _ in 0..<2 { ends.wait() }
        #expect(failed.withLock { $0 } == 1 && admitted.withLock { $0.count } == 1)
        // Whoever was let through has its fence on the disk.
        let again = try DurableLedger(folders)
        for disk in admitted.withLock({ $0 }) {
            #expect(throws: CloudError.self, "the fence of \(disk) is lost") { try again.admit(command(1), on: disk) }
        }
    }

    @Test func afterAFailureNothingIsAddedToTheFile() throws {
        let place = try TemporaryStore()
        place.store.close()
        let folders = try StoreFolders(root: place.root)
        defer { folders.lock.unlock() }
        let fails = Mutex(false)
        let ledger = try DurableLedger(folders) { call in
            if call == .sync, fails.withLock({ $0 }) { throw FileFault(call: "injected", number: 5) }
        }
        func file() throws -> UInt64 {
            try #require(FileManager.default.attributesOfItem(atPath: place.root + "/ledger")[.systemFileNumber] as? UInt64)
        }
        #expect(try ledger.admit(command(1), on: "one") == .fresh)
        let first = try file()
        fails.withLock { $0 = true }
        #expect(throws: FileFault.self) { try ledger.admit(command(2), on: "one") }
        #expect(try file() == first)
        // Not even what need not wait for the disk.
        try ledger.done(command(1), on: "one")
        #expect(try file() != first)
        let second = try file()
        fails.withLock { $0 = false }
        #expect(try ledger.admit(command(2), on: "one") == .fresh)
        #expect(try file() == second, "a file that is whole is used on")
    }

    @Test func whatWasDoneIsRememberedOnlyOnceItIsKept() throws {
        let place = try TemporaryStore()
        place.store.close()
        let fails = Mutex(false)
        let folders = try StoreFolders(root: place.root)
        defer { folders.lock.unlock() }
        let ledger = try DurableLedger(folders) { _ in
            if fails.withLock({ $0 }) { throw FileFault(call: "injected", number: 5) }
        }
        #expect(try ledger.admit(command(1), on: Self.disk.text) == .fresh)
        fails.withLock { $0 = true }
        #expect(throws: FileFault.self) { try ledger.done(command(1), on: Self.disk.text) }
        fails.withLock { $0 = false }
        #expect(try ledger.admit(command(1), on: Self.disk.text) == .fresh, "a repeat does the work again")
        try ledger.done(command(1), on: Self.disk.text)
        #expect(try ledger.admit(command(1), on: Self.disk.text) == .repeat(""))
    }

    // Writing the file anew, which happens by the way, loses no fence.
    @Test func aLongFileIsWrittenAnewWithAllFences() throws {
        let place = try TemporaryStore()
        place.store.close()
        let folders = try StoreFolders(root: place.root)
        defer { folders.lock.unlock() }
        let ledger = try DurableLedger(folders, longest: 7)
        for fence in 1...40 { #expect(try ledger.admit(command(Int64(fence)), on: "disk-\(fence % 3)") == .fresh) }
        #expect(try place.bytes("ledger").count { $0 == 0x0A } <= 8)
        let again = try DurableLedger(folders)
        for fence in 38...40 {
            #expect(throws: CloudError.self) { try again.admit(command(Int64(fence - 1)), on: "disk-\(fence % 3)") }
            #expect(try again.admit(command(Int64(fence)), on: "disk-\(fence % 3)") == .fresh)
        }
    }

    // What is there stays remembered; what is gone is forgotten in the end, on the disk too.
    @Test func theFileDoesNotGrowWithWhatIsGone() throws {
        let place = try TemporaryStore()
        place.store.close()
        let folders = try StoreFolders(root: place.root)
        defer { folders.lock.unlock() }
        var ledger = try DurableLedger(folders, longest: 30, keeping: 10)
        _ = try ledger.admit(command(5), on: "here")
        try ledger.done(command(5), on: "here")
        for number in 0..<500 {
            if number % 100 == 50 { ledger = try DurableLedger(folders, longest: 30, keeping: 10) }
            _ = try ledger.admit(command(5), on: "gone-\(number)", freeing: true)
            try ledger.done(command(5), on: "gone-\(number)", freeing: true)
            for late in max(0, number - 9)...number {
                #expect(throws: CloudError.self) { try ledger.admit(command(4), on: "gone-\(late)") }
            }
        }
        #expect(try place.bytes("ledger").count < 10_000)
        let again = try DurableLedger(folders, keeping: 10)
        #expect(try again.admit(command(4), on: "gone-0") == .fresh)
        for subject in ["here", "gone-490", "gone-499"] {
            #expect(throws: CloudError.self) { try again.admit(command(4), on: subject) }
        }
    }
}
