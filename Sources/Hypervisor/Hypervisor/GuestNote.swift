// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What whoever logs in to a guest is to read: a few lines of text, or nothing.
public struct GuestNote: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The longest, in bytes of UTF-8: it is read in one glance, and travels in one word of an agent.
    public static let longest = 1000
    /// No note.
    public static let none = GuestNote(unchecked: "")

    /// The lines, each with its end; empty for no note.
    public let text: String
    /// The lines.
    public var description: String { text }

    /// A note. Throws ``CloudModel/ErrorCode/invalidField`` for what is longer than ``longest``, and for what a terminal would take for
    /// more than text (S63).
    public init(_ text: String) throws(CloudError) {
        let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || !$0.properties.generalCategory.steersTerminals }
        guard text.utf8.count <= Self.longest, isPlain else {
            throw CloudError(.invalidField, ["pointer": "/note", "reason": "a note is up to \(Self.longest) bytes of plain text"])
        }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// Reads the text, as checked as it is when it is made.
    public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Unicode.GeneralCategory {
    /// Whether it is no text: controls, and what turns the direction of what follows.
    fileprivate var steersTerminals: Bool {
        [.control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator].contains(self)
    }
}
