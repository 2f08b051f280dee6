// SPDX-License-Identifier: Apache-2.0

/// What people write about an object: at most 2,000 characters, over several lines; empty for nothing.
public struct Description: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The text, in the composed form (NFC).
    public let text: String
    /// Nothing.
    public static let none = Description()

    private init() { text = "" }

    /// Takes a text that is already in Unicode's composed form; throws ``ErrorCode/invalidField`` with the reason otherwise.
    public init(_ text: String, pointer: String = "/description") throws(CloudError) {
        func refuse(_ reason: String) -> CloudError { CloudError(.invalidField, ["pointer": pointer, "reason": reason]) }
        guard text.count <= 2000, text.utf8.count <= 16_000 else {
            throw refuse("a description has at most 2000 characters, this one has \(text.count)")
        }
        guard text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || !DisplayName.isControl($0) }) else {
            throw refuse("a description has no control characters but line ends and tabs")
        }
        self.text = text
    }

    /// The text.
    public var description: String { text }

    /// Reads and checks the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do { try self.init(try container.decode(String.self)) } catch let refusal as CloudError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: refusal.parameters["reason"] ?? "no description")
        }
    }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// A word by which objects are found again: 1 to 63 characters without spaces, commas and control characters (`exam`, `course:os`).
public struct Tag: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The most tags of one object.
    public static let most = 32
    /// The word, in the composed form (NFC).
    public let text: String

    /// Takes a word that is already in Unicode's composed form; throws ``ErrorCode/invalidField`` with the reason otherwise.
    public init(_ text: String, pointer: String = "/tags") throws(CloudError) {
        let isSound = text.unicodeScalars.allSatisfy { $0 != "," && !$0.properties.isWhitespace && !DisplayName.isControl($0) }
        guard (1...63).contains(text.count), text.utf8.count <= 500, isSound else {
            let reason = "a tag has 1 to 63 characters, and no spaces, commas or control characters"
            throw CloudError(.invalidField, ["pointer": pointer, "reason": reason])
        }
        self.text = text
    }

    /// By the texts.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    /// The word.
    public var description: String { text }

    /// Reads and checks the word.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do { try self.init(try container.decode(String.self)) } catch let refusal as CloudError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: refusal.parameters["reason"] ?? "no tag")
        }
    }
    /// Writes the word.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
