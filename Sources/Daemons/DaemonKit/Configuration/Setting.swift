// SPDX-License-Identifier: Apache-2.0

/// One setting of a daemon: what it is called in the file and the environment, what it may be, what it is without either.
public struct Setting: Hashable, Sendable {
    /// `table.key` as the file spells it, for example `listen.http`.
    public let key: String
    /// The value where neither file nor environment says one; its kind is the setting's kind.
    public let standard: Value
    /// A sentence for `--help` and the printed configuration.
    public let meaning: String
    /// Whether it is shown as `(set)` only.
    public let secret: Bool
    /// What is allowed besides its kind.
    public let rule: Rule
    /// Whether a reload changes it at once; otherwise it takes a restart, or nothing changes it (``isFirst``).
    public let isLive: Bool
    /// Whether it is read at the first start only, when the records are made that hold from then on.
    public let isFirst: Bool

    /// A setting.
    public init(
        _ key: String, _ standard: Value, _ meaning: String, secret: Bool = false, rule: Rule = .any, live: Bool = false,
        first: Bool = false
    ) {
        self.key = key
        self.standard = standard
        self.meaning = first ? meaning + "; read at the first start only" : meaning
        self.secret = secret
        self.rule = rule
        isLive = live
        isFirst = first
    }

    /// What values of a kind are allowed.
    public enum Rule: Hashable, Sendable {
        /// All.
        case any
        /// Numbers of a range.
        case within(ClosedRange<Int>)
        /// These words.
        case words([String])
        /// A path from `/`.
        case path
        /// A path from `/` that fits a socket's address (107 bytes, unix(7)); empty for none.
        case socketPath

        /// Why a value is not allowed; nil where it is.
        func objection(to value: Value) -> String? {
            switch (self, value) {
            case (.within(let range), .number(let number)) where !range.contains(number):
                "\(number) is not from \(range.lowerBound) to \(range.upperBound)"
            case (.words(let words), .text(let text)) where !words.contains(text): "“\(text)” is none of \(words.joined(separator: ", "))"
            case (.path, .text(let text)) where !text.hasPrefix("/"): "“\(text)” is no path from /"
            case (.socketPath, .text(let text)) where !text.isEmpty && !text.hasPrefix("/"): "“\(text)” is no path from /"
            case (.socketPath, .text(let text)) where text.utf8.count > 107:
                "a socket's path has at most 107 bytes, this one \(text.utf8.count)"
            default: nil
            }
        }
    }

    /// The name in the environment: `LYCEUMD_LISTEN_HTTP` for the prefix `LYCEUMD`.
    public func variable(prefix: String) -> String {
        prefix + "_" + String(key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    /// A value of one of the four kinds.
    public enum Value: Hashable, Sendable {
        /// A text; empty for none.
        case text(String)
        /// A whole number.
        case number(Int)
        /// Yes or no.
        case truth(Bool)
        /// Texts; in the environment separated by commas.
        case list([String])

        var kind: String {
            switch self {
            case .text: "a text"
            case .number: "a whole number"
            case .truth: "true or false"
            case .list: "a list of texts"
            }
        }

        /// The value that the environment spells, of the same kind; nil where it is none.
        func reading(_ text: String) -> Value? {
            switch self {
            case .text: .text(text)
            case .number: Int(text).map(Value.number)
            case .truth: ["true": Value.truth(true), "false": .truth(false), "1": .truth(true), "0": .truth(false)][text]
            case .list: .list(text.split(separator: ",").map(String.init))
            }
        }
    }
}

/// Why a configuration was refused: where, what, and what would do.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `file:line` or the variable's name.
    public let place: String
    /// What is wrong and what would do.
    public let reason: String
    /// A refusal.
    public init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }
    /// `place: reason`
    public var description: String { "\(place): \(reason)" }
}
