// SPDX-License-Identifier: Apache-2.0

/// Seals secrets with a key that is not in the store.
public protocol Sealer: Sendable {
    /// The sealed text of a clear one; two calls may give different texts.
    func seal(_ clear: String) throws -> String
    /// The clear text; throws where it was sealed with another key or changed.
    func open(_ sealed: String) throws -> String
}

/// A text that a journal holds only sealed. It has no description and encodes through the ``Sealer`` of the coder alone, so a password
/// can neither be printed nor written in the clear by mistake.
public struct Secret: Sendable, Hashable, Codable, CustomStringConvertible, CustomReflectable {
    /// The clear text, for the one place that needs it.
    public let clear: String

    /// A secret.
    public init(_ clear: String) { self.clear = clear }

    /// Never the text.
    public var description: String { "(secret)" }
    /// Never the text.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Where a coder finds the sealer.
    public static let sealerKey = CodingUserInfoKey(rawValue: "lyceum.sealer")

    /// Opens what was sealed; an error where the decoder has no sealer or another key.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let key = Self.sealerKey, let sealer = decoder.userInfo[key] as? any Sealer else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a secret is read through a sealer only")
        }
        clear = try sealer.open(try container.decode(String.self))
    }

    /// Seals the text; an error where the encoder has no sealer.
    public func encode(to encoder: any Encoder) throws {
        guard let key = Self.sealerKey, let sealer = encoder.userInfo[key] as? any Sealer else {
            throw EncodingError.invalidValue(
                "(secret)", .init(codingPath: encoder.codingPath, debugDescription: "a secret is written through a sealer only"))
        }
        var container = encoder.singleValueContainer()
        try container.encode(try sealer.seal(clear))
    }
}
