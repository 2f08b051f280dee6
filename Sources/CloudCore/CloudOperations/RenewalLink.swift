// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Signs what goes out in links, with a key that is not in the store.
public protocol LinkSigner: Sendable {
    /// The tag of a message: the same for the same message, and to be made by nobody without the key.
    func tag(of message: [UInt8]) -> [UInt8]
    /// Whether a tag is the message's; takes as long whatever the answer is.
    func isGenuine(_ tag: [UInt8], of message: [UInt8]) -> Bool
}

/// A link that renews a lease without login: bound to the instance, to the owner who was told, and to the date until which it is valid.
/// It may be used more than once; each time the lease is renewed again, which no one is hurt by.
struct RenewalLink: Hashable, Sendable {
    let instance: ID<InstanceKind>
    let owner: ID<UserKind>
    let until: Timestamp

    /// The token, of characters that stand in a path as they are.
    func token(_ signer: any LinkSigner) -> String { "\(text).\(Self.hexadecimal(signer.tag(of: message)))" }

    /// Reads a token; nil for one that was not signed so.
    init?(_ token: String, _ signer: any LinkSigner) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= 300, parts.count == 4, let instance = ID<InstanceKind>(parts[0]), let owner = ID<UserKind>(parts[1]),
            let milliseconds = Int64(parts[2]), let tag = Self.bytes(parts[3])
        else { return nil }
        self.init(instance: instance, owner: owner, until: Timestamp(milliseconds: milliseconds))
        // Only the one spelling that was signed: "+5" and "05" are 5 too.
        guard token.hasPrefix(text + "."), signer.isGenuine(tag, of: message) else { return nil }
    }

    init(instance: ID<InstanceKind>, owner: ID<UserKind>, until: Timestamp) {
        self.instance = instance
        self.owner = owner
        self.until = until
    }

    /// The link of a notice.
    init(_ notice: Notice) { self.init(instance: notice.instance, owner: notice.recipient, until: notice.date) }

    private var text: String { "\(instance).\(owner).\(until.milliseconds)" }
    /// Says what it is a tag of, so that no tag of another kind of link will ever do.
    private var message: [UInt8] { Array("lyceum renewal 1 \(text)".utf8) }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.compactMap { digit in
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x61...0x66: digit - 0x61 + 10
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
