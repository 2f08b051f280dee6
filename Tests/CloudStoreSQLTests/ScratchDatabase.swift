// SPDX-License-Identifier: Apache-2.0

import CloudStoreSQL
import GRDB

@testable import CloudStoreSQLite

/// Runs something on a connection to an empty database in memory, migrated unless said otherwise.
func onScratch<Result>(migrated: Bool = true, _ body: (SQLiteSession) throws -> Result) throws -> Result {
    try DatabaseQueue().inDatabase { database in
        let connection = SQLiteSession(database)
        if migrated { try Migrator.migrate(connection) }
        return try body(connection)
    }
}
