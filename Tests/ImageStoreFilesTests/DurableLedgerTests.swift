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
