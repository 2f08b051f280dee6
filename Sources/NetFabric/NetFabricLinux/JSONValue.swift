// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// JSON as programs write it, for picking a few values out and for comparing the rest.
enum JSONValue: Hashable, Decodable {
    case null
    case bool(Bool)
    case number(Int64)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a text; nil for one that is no JSON.
    init?(_ text: String) {
        do { self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) } catch { return nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = Self.attempt(Bool.self, in: container) {
            self = .bool(value)
        } else if let value = Self.attempt(Int64.self, in: container) {
            self = .number(value)
        } else if let value = Self.attempt(String.self, in: container) {
            self = .string(value)
        } else if let value = Self.attempt([JSONValue].self, in: container) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// One of the shapes that a value may have; that it has another is no error.
    private static func attempt<Value: Decodable>(_ type: Value.Type, in container: any SingleValueDecodingContainer) -> Value? {
        do { return try container.decode(type) } catch { return nil }
    }

    /// A member of an object; nil for everything else.
    subscript(_ key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }
    /// The items of an array; empty for everything else.
    var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }

    /// A text that is the same for the same rules: members sorted; handles, the program's own version and the elements of sets left
    /// out.
    var canonical: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .string(let value): return value.debugDescription
        case .array(let items): return "[" + items.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            let kept = members.filter { !["handle", "metainfo", "elem"].contains($0.key) }.sorted { $0.key < $1.key }
            let texts = kept.map { "\($0.key.debugDescription):\($0.value.canonical)" }
            return "{" + texts.joined(separator: ",") + "}"
        }
    }
}
