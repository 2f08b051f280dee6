// SPDX-License-Identifier: Apache-2.0

/// SSH public keys, as people give them.
public enum AuthorizedKeys {
    /// The most keys of a person, and the most of an instance's own.
    public static let most = 20

    /// Whether a text is one line of an OpenSSH public key, of at most 4096 bytes.
    public static func isLine(_ text: String) -> Bool {
        let parts = text.split(separator: " ")
        return text.utf8.count <= 4096 && parts.count >= 2 && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
            && (parts[0].hasPrefix("ssh-") || parts[0].hasPrefix("ecdsa-") || parts[0].hasPrefix("sk-"))
    }

    /// Throws `invalid-field`, with a pointer to the line, for more than ``most`` and for what is no key.
    public static func check(_ keys: [String], at pointer: String) throws(CloudError) {
        for (index, key) in keys.enumerated() where keys.count > most || !isLine(key) {
            throw CloudError(.invalidField, ["pointer": "\(pointer)/\(index)", "reason": "this is no line of an OpenSSH public key"])
        }
    }

    /// What stands for a list of keys: another list, another text (FNV-1a twice). Compared with what was told before; it keeps no secret,
    /// and whoever could make two lists meet may set both.
    public static func sign(of keys: [String]) -> String {
        let text = keys.joined(separator: "\n")
        return [FNV1a.hash(text), FNV1a.hash(text, seed: 0x9E37_79B9_7F4A_7C15)].map { String($0, radix: 16) }.joined(separator: "-")
    }
}
