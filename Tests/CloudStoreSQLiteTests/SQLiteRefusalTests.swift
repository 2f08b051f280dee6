// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import GRDB
import Testing

@testable import CloudStoreSQLite

@Suite struct SQLiteRefusalTests {
    private func refusal(_ code: ResultCode, _ message: String? = nil) -> SQLiteRefusal {
        SQLiteRefusal(DatabaseError(resultCode: code, message: message))
    }

    @Test func aUniqueIndexIsNamedByItsColumns() {
        let one = refusal(.SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: ports.network, ports.ipv4")
        #expect(one.isOfTheRow)
        #expect(one.error as? UniqueViolation == UniqueViolation(table: "ports", columns: ["ipv4", "network"]))
    }

    @Test func anotherConstraintIsOurFault() {
        let one = refusal(.SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed: ports.mac")
        #expect(one.isOfTheRow)
        #expect((one.error as? CloudError)?.code == .internalFault)
    }

    @Test(arguments: [ResultCode.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_WRITE, .SQLITE_CORRUPT, .SQLITE_NOTADB])
    func aFailureOfTheDiskIsFinal(_ code: ResultCode) {
        #expect(refusal(code).isFinal && !refusal(code).isOfTheRow)
        #expect((refusal(code).error as? CloudError)?.code == .storeUnavailable)
    }

    @Test(arguments: [ResultCode.SQLITE_BUSY, .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_READONLY, .SQLITE_INTERRUPT])
    func whatMayPassIsNotFinal(_ code: ResultCode) {
        #expect(!refusal(code).isFinal && !refusal(code).isOfTheRow)
        #expect((refusal(code).error as? CloudError)?.code == .storeUnavailable)
    }
}
