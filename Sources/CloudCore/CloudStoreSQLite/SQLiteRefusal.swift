// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import GRDB

/// What an error of SQLite's means to a store. <https://www.sqlite.org/rescode.html>
struct SQLiteRefusal {
    private let cause: DatabaseError

    init(_ cause: DatabaseError) { self.cause = cause }

    /// Whether one row was refused and the transaction can go on.
    var isOfTheRow: Bool { cause.resultCode == .SQLITE_CONSTRAINT }

    /// Whether nothing more may be acknowledged. After a failed fsync nobody knows what the disk holds, and the kernel may call the
    /// next one a success although the pages are lost (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020).
    /// What is true is read when the store is opened anew.
    var isFinal: Bool {
        switch cause.resultCode {
        case .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB: true
        default: false
        }
    }

    /// The error in the store's words.
    var error: any Error {
        if isOfTheRow, let violation { return violation }
        return unavailability
    }

    /// The error in the store's words, where no row is at fault.
    var unavailability: CloudError {
        switch cause.resultCode {
        case .SQLITE_FULL: unavailable("the disk of the store is full")
        case .SQLITE_BUSY, .SQLITE_LOCKED: unavailable("another process holds the store")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: unavailable("the store is read-only")
        case .SQLITE_MISUSE: unavailable("the store was closed")
        case .SQLITE_CANTOPEN: unavailable("the store cannot be opened")
        case .SQLITE_NOTADB: unavailable("the file is no store")
        case .SQLITE_CORRUPT: unavailable("the store is damaged")
        case .SQLITE_IOERR: unavailable("the disk of the store failed")
        // Ours: a statement or a row that would be refused every time.
        case .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE:
            CloudError(.internalFault, ["part": "store"], detail: String(describing: cause))
        default: unavailable("the store answered with error \(cause.resultCode.rawValue)")
        }
    }

    private func unavailable(_ reason: String) -> CloudError {
        CloudError(.storeUnavailable, ["reason": reason], detail: String(describing: cause))
    }

    /// SQLite says `UNIQUE constraint failed: ports.network, ports.ipv4`.
    private var violation: UniqueViolation? {
        let opening = "UNIQUE constraint failed: "
        guard let message = cause.message, message.hasPrefix(opening) else { return nil }
        let names = message.dropFirst(opening.count).split(separator: ",").map { $0.trimmingPrefix(" ").split(separator: ".") }
        guard let table = names.first?.first, names.allSatisfy({ $0.count == 2 && $0[0] == table }) else { return nil }
        return UniqueViolation(table: String(table), columns: names.map { String($0[1]) })
    }
}
