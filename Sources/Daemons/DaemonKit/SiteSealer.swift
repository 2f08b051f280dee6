// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudOperations
public import CloudWorkflow
import Crypto
import Foundation

/// Seals with AES-256-GCM under the site's key, which is in a file of its own and in no database or journal; signs links with HMAC-SHA-256
/// under a key that is derived from it (HKDF, RFC 5869), so that no signature says anything about what is sealed.
public struct SiteSealer: Sealer, LinkSigner {
    private let key: SymmetricKey
    private let linkKey: SymmetricKey

    /// A sealer with a key of 32 bytes.
    public init(key: [UInt8]) throws(CloudError) {
        guard key.count == 32 else { throw CloudError(.unavailable, ["part": "site key"], detail: "\(key.count) bytes instead of 32") }
        self.key = SymmetricKey(data: key)
        linkKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: self.key, info: Data("lyceum links 1".utf8), outputByteCount: 32)
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

    /// HMAC-SHA256 over bytes under a key that is derived from the site's for one use (RFC 5869), so that no code helps against what is
    /// sealed.
    func code(over bytes: [UInt8], for use: String) -> [UInt8] {
        let derived = HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array(use.utf8), outputByteCount: 32)
        return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: derived))
    }

    /// Thirty-two bytes.
    public func tag(of message: [UInt8]) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: message, using: linkKey)) }

    /// Compared in constant time.
    public func isGenuine(_ tag: [UInt8], of message: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(tag, authenticating: message, using: linkKey)
    }

    /// Refuses a key that opens nothing of what the site keeps sealed, of which `sealed` is some; empty where nothing is sealed yet. One that
    /// opens a part is taken: what is damaged is damaged under any key. Throws ``ConfigurationError`` with what to do.
    public func check(_ sealed: [String], in folder: StateFolder) throws(ConfigurationError) {
        var failure: (any Error)?
        for text in sealed {
            do {
                _ = try open(text)
                return
            } catch { failure = error }
        }
        guard failure != nil else { return }
        throw ConfigurationError(
            place: "state.folder \(folder.path)",
            reason:
                "site.key opens nothing of what its records keep sealed, so no machine's password could be shown: it is the key of another "
                + "site. Put back the one that belongs to these records; to begin a new site, move the whole folder away")
    }
}
