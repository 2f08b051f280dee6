// SPDX-License-Identifier: Apache-2.0

import CCrypt
public import CloudModel

/// The hash of a password as Linux keeps it in `/etc/shadow`: SHA-512-crypt with 5,000 rounds (`$6$`, U. Drepper, "Unix crypt using
/// SHA-256 and SHA-512"), computed by the system's libcrypt. It has no description.
public struct PasswordHash: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `$6$`, the salt, `$` and 86 characters.
    public let text: String

    /// The hash of a password. The salt is made of `seasoning`, which need not be secret and is another for every password: so the same
    /// call always gives the same hash. Throws `internal-fault` where libcrypt knows no such hash.
    public init(of password: String, seasoning: String) throws(CloudError) {
        try self.init(of: password, salt: Self.salt(of: seasoning))
    }

    init(of password: String, salt: String) throws(CloudError) {
        let hash = Self.crypt(password, "$6$\(salt)$")
        guard let hash, hash.hasPrefix("$6$\(salt)$"), hash.utf8.count == salt.utf8.count + 90 else {
            throw CloudError(.internalFault, ["part": "libcrypt"])
        }
        text = hash
    }

    /// 16 characters of the crypt alphabet: 96 bits of FNV-1a, twice.
    static func salt(of seasoning: String) -> String {
        let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        return [FNV1a.hash(seasoning), FNV1a.hash(seasoning, seed: 0x9E37_79B9_7F4A_7C15)].map { word in
            String((0..<8).map { alphabet[Int(truncatingIfNeeded: word >> UInt64(6 * $0)) & 63] })
        }.joined()
    }

    private static func crypt(_ password: String, _ setting: String) -> String? {
        // 32 KiB: too much for a task's stack.
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        defer {
            // Derived from the password, and of no further use.
            UnsafeMutableRawPointer(data).initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<crypt_data>.size)
            UnsafeMutableRawPointer(data).deallocate()
        }
        UnsafeMutableRawPointer(data).initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<crypt_data>.size)
        return crypt_r(password, setting, data).map { String(cString: $0) }
    }

    /// Never the text.
    public var description: String { "(hash)" }
    /// Never the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
