// SPDX-License-Identifier: Apache-2.0

/// A JSON text as it was read: numbers keep their spelling, objects their order.
public indirect enum JSONValue: Hashable, Sendable {
    /// `null`
    case null
    /// `true`, `false`
    case boolean(Bool)
    /// A number in its own spelling; nothing is rounded before its type is known.
    case number(String)
    /// A string, escapes resolved.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, in the order of the text; no key twice.
    case object([Member])

    /// One key of an object with its value.
    public struct Member: Hashable, Sendable {
        /// The key, escapes resolved.
        public let key: String
        /// Its value.
        public let value: JSONValue
        /// A key with its value.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value of a key; nil where there is none, or this is no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// What it is, in the words of messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a truth value"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A place in a JSON text (RFC 6901).
public struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// Keys and indices, outermost first; empty for the whole text.
    public let tokens: [String]
    /// A place by its tokens.
    public init(_ tokens: [String] = []) { self.tokens = tokens }
    /// The place one step further in.
    public func appending(_ token: String) -> JSONPointer { JSONPointer(tokens + [token]) }
    /// `/a/0/b`, with `~0` for `~` and `~1` for `/`; empty for the whole text.
    public var description: String {
        tokens.map {
            "/"
                + $0.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        }.joined()
    }
}
