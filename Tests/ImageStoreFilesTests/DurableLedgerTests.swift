// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import ImageStore
import ImageStoreFiles
import Testing

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
}
