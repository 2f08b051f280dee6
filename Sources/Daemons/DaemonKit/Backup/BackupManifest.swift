// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Crypto
import Foundation

/// What a backup says of itself, in its first member.
struct BackupManifest: Codable, Hashable {
    /// How the archive is made up. A larger one is of a newer version.
    var format = 1
    /// When the records were as they are in it: UTC.
    let made: String
    /// The version of the daemon that made it.
    let daemon: String
    /// What machines the records are of.
    let machines: String
    /// The number of the records' schema.
    let schema: Int
    /// The size of the records in bytes.
    let bytes: Int64
    /// Their SHA-256, 64 lower-case hexadecimal digits.
    let sha256: String
    /// A code over all that stands above, under the site's key: of another site's key comes another code.
    var seal = ""

    /// The manifest's member of the archive.
    static let file = "manifest.json"
    /// The records' member.
    static let records = "lyceum.db"
    /// More than any manifest has.
    static let largest: Int64 = 64 * 1024

    /// The text: JSON with sorted keys.
    func text() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }

    /// The same, sealed.
    func sealed(by sealer: SiteSealer) throws -> BackupManifest {
        var copy = self
        copy.seal = ""
        copy.seal = Hexadecimal.text(sealer.code(over: try copy.text(), for: "lyceum backup 1"))
        return copy
    }
}

/// Bytes as lower-case hexadecimal digits.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
