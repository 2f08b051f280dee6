// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// One numbered change of the schema. Migrations are appended and never changed: a store remembers the hash of each that it has had.
public struct Migration: Hashable, Sendable {
    /// 1, 2, 3 … without gaps.
    public let number: Int
    /// What it brings, for people.
    public let name: String
    /// Its statements, in order.
    public let statements: [String]

    /// A migration.
    public init(_ number: Int, _ name: String, _ statements: [String]) {
        self.number = number
        self.name = name
        self.statements = statements
    }

    /// All migrations of this version, in order.
    public static let all: [Migration] = [firstSchema]

    /// FNV-1a of the statements, 64 bits, hexadecimal: it notices a change by mistake and guards against nothing else.
    public var hash: String {
        String(FNV1a.hash(statements.joined(separator: ";\n")), radix: 16)
    }
}
