// SPDX-License-Identifier: Apache-2.0

public import CloudStore

/// One connection to an engine that speaks SQL: all that an adapter has to bring.
///
/// The statements of this target are written in SQLite's words, which are nearly everybody's: names in double quotes, arguments as
/// `?`. An adapter whose engine spells something differently (`$1`, `BIGINT`, an identity column, `COLLATE "C"` so that texts order
/// by their bytes, no `STRICT`) rewrites the text once when it prepares it. Statements are some hundred (a change names the columns that verbs change) and come back in the same words, so a
/// connection keeps them prepared by their text.
///
/// Synchronous, and used by one thread at a time.
///
/// Everything here throws ``CloudStore/UniqueViolation`` where a unique index forbids a row, and otherwise
/// `CloudError(.storeUnavailable)`.
public protocol SQLConnection: AnyObject {
    /// Runs a statement that gives no rows, and says how many rows it touched.
    @discardableResult func execute(_ statement: String, _ arguments: [StoreValue]) throws -> Int
    /// Runs a statement and gives its rows, each in the order of its columns.
    func query(_ statement: String, _ arguments: [StoreValue]) throws -> [[StoreValue]]
}

extension SQLConnection {
    /// Runs a statement without arguments.
    @discardableResult public func execute(_ statement: String) throws -> Int { try execute(statement, []) }

    /// The integer in the first column of the first row; nil for null and where there is no row.
    func integer(_ statement: String, _ arguments: [StoreValue] = []) throws -> Int64? {
        guard case .integer(let number)? = try query(statement, arguments).first?.first else { return nil }
        return number
    }
}
