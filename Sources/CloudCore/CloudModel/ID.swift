// SPDX-License-Identifier: Apache-2.0

/// The name of one object for ever: a kind's prefix, a dash, and twenty characters of chance, for example `vm-7k2m…`.
///
/// The kind is part of the type, so a port's id cannot be passed where an instance's is due. One spelling (lower case) exists, so
/// equal text and equal ids are the same thing. Ids are never reused (invariant I15).
public struct ID<Kind: IDKind>: Hashable, Comparable, Sendable {
    /// The whole text with its prefix, for example `vm-7k2m9q4x1c8v5b3n6z0d`.
    public let text: String

    /// Takes an id's text as it came from outside; nil unless it is the kind's prefix, a dash and 1 to 40 of `0-9a-z`.
    public init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// Makes an id of 100 bits drawn by an ``IDSource``: five bits a character.
    public init(bits high: UInt64, _ low: UInt64) {
        var characters: [UInt8] = []
        for position in 0..<20 {
            let word = position < 10 ? high : low
            characters.append(IDAlphabet.drawn[Int((word >> UInt64(5 * (position % 10))) & 31)])
        }
        text = Kind.prefix + "-" + String(decoding: characters, as: UTF8.self)
    }

    /// The characters behind the prefix.
    public var body: Substring { text.dropFirst(Kind.prefix.count + 1) }

    /// The order of the texts; says nothing about age.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

enum IDAlphabet {
    static func contains(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
    /// Thirty-two letters without i, l, o, u: they are read aloud in class rooms (Crockford's base 32, in lower case).
    static let drawn = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}

extension ID: CustomStringConvertible, LosslessStringConvertible {
    /// The text itself, for messages and paths.
    public var description: String { text }
    /// As ``init(_:)-(StringProtocol)``.
    public init?(_ description: String) {
        var description = description
        let isOne = description.withUTF8 { text in
            let prefix = Kind.prefix.utf8
            let body = text.dropFirst(prefix.count + 1)
            return (1...40).contains(body.count) && text.starts(with: prefix) && text[prefix.count] == UInt8(ascii: "-")
                && body.allSatisfy(IDAlphabet.contains)
        }
        guard isOne else { return nil }
        text = description
    }
}

extension ID: Codable {
    /// Reads the text; a foreign prefix or a foreign character is a decoding error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no id that begins with \(Kind.prefix)-")
        }
        self = id
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension ID: CodingKeyRepresentable {
    /// The id as the key of a JSON object.
    public var codingKey: any CodingKey { TextKey(stringValue: text) }
    /// The id that a key spells.
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }

    private struct TextKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// Where new ids come from. Injected, so that a simulation can repeat them and a test can foresee them.
public protocol IDSource: Sendable {
    /// A new id; two calls never give the same one.
    func next<Kind: IDKind>(_ kind: Kind.Type) -> ID<Kind>
}
