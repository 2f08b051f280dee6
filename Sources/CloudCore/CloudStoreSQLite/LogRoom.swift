// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Database {
    /// How many pages of the log SQLite fills before it brings them back into the file and begins the log anew, and a few for the commit
    /// that goes over it. <https://www.sqlite.org/wal.html#ckpt>
    static let logPages = 1000 + 200

    /// Writes the log's file to its full length once, so that commits overwrite it and do not make it longer.
    ///
    /// What makes a file longer changes the file system's own records, and `fdatasync` waits for its journal too: 2 to 8 ms a commit on
    /// ext4, where 0.1 ms is enough for bytes in a file that has its length. The room is a transaction larger than the cache, so that
    /// its pages go to the log before it ends, and it is rolled back: nothing of it is ever in the store. A disk that is too full for it
    /// is none of our business here.
    func makeRoomInLog() throws {
        let cache = try Int.fetchOne(self, sql: "PRAGMA cache_size") ?? -2000
        let page = try Int.fetchOne(self, sql: "PRAGMA page_size") ?? 4096
        try execute(sql: "PRAGMA cache_size = 16")
        try execute(sql: "BEGIN IMMEDIATE")
        do {
            try execute(sql: #"CREATE TABLE "room" ("bytes" BLOB)"#)
            try execute(sql: #"INSERT INTO "room" VALUES (zeroblob(?))"#, arguments: [Self.logPages * page])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {}
        if isInsideTransaction { try execute(sql: "ROLLBACK") }
        try execute(sql: "PRAGMA cache_size = \(cache)")
    }
}
