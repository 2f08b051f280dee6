// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudWorkflow
import Crypto
import Foundation

/// Seals with AES-256-GCM under the site's key, which is in a file of its own and in no database, journal or backup.
public struct SiteSealer: Sealer {
    private let key: SymmetricKey

    /// A sealer with a key of 32 bytes.
    public init(key: [UInt8]) throws(CloudError) {
        guard key.count == 32 else { throw CloudError(.unavailable, ["part": "site key"], detail: "\(key.count) bytes instead of 32") }
        self.key = SymmetricKey(data: key)
    }

    /// The sealer of a key file; a new key is put there where there is none.
    public static func kept(in path: String, chance: (Int) -> [UInt8]) throws(CloudError) -> SiteSealer {
        if let known = try PrivateFiles.read(path) { return try SiteSealer(key: known) }
        let fresh = chance(32)
        try PrivateFiles.write(fresh, to: path)
        return try SiteSealer(key: fresh)
    }

    /// Base64 of nonce, text and tag.
    public func seal(_ clear: String) throws -> String {
        let box = try AES.GCM.seal(Array(clear.utf8), using: key)
        guard let combined = box.combined else { throw CloudError(.internalFault, ["part": "site key"]) }
        return combined.base64EncodedString()
    }

    /// The clear text; throws where it was sealed with another key or changed.
    public func open(_ sealed: String) throws -> String {
        guard let combined = Data(base64Encoded: sealed) else { throw CloudError(.internalFault, ["part": "sealed text"]) }
        return String(decoding: try AES.GCM.open(AES.GCM.SealedBox(combined: combined), using: key), as: UTF8.self)
    }

    /// Refuses a key that does not open what the site keeps sealed, of which `sealed` is anything; nil where nothing is sealed yet. Throws
    /// ``ConfigurationError`` with what to do. Every machine's password would be lost to whoever asks for it, one by one.
    public func check(_ sealed: String?, in folder: StateFolder) throws(ConfigurationError) {
        guard let sealed else { return }
        do { _ = try open(sealed) } catch {
            throw ConfigurationError(
                place: "state.folder \(folder.path)",
                reason: "site.key is not the key with which its records were sealed. Put the one back that was beside them in the backup")
        }
    }
}
