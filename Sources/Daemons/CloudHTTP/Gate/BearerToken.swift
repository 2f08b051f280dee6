// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The text of a bearer token: 32 bytes of chance as base64url. Only its SHA-256 is stored, so a stolen database signs nobody in.
public enum BearerToken {
    /// How many bytes of chance.
    public static let length = 32

    /// The text of bytes (RFC 4648, section 5, without padding).
    public static func text(of bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var result = ""
        var index = 0
        while index < bytes.count {
            let rest = bytes[index..<min(index + 3, bytes.count)]
            let word = rest.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - rest.count))
            for place in 0...rest.count { result.append(letters[Int(word >> UInt32(18 - 6 * place) & 63)]) }
            index += 3
        }
        return result
    }

    /// SHA-256 of a token's text, 64 lower-case hexadecimal digits: what the store keeps and looks up.
    public static func hash(of text: String) -> String {
        hexadecimal(SHA256.hash(data: Array(text.utf8)))
    }

    static func hexadecimal(_ hash: SHA256.Digest) -> String {
        hash.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
