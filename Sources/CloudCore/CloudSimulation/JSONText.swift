// SPDX-License-Identifier: Apache-2.0

/// JSON as it is written: scalars keep their spelling, so that reading and writing again changes nothing but the order of names.
indirect enum JSONText {
    case scalar(Substring.UTF8View)
    case array([JSONText])
    case object([(name: String, value: JSONText)])

    /// The text is no JSON at this byte.
    struct Malformed: Error { let offset: Int }

    /// Reads one value; nothing but white space may follow.
    static func parse(_ text: String) throws(Malformed) -> JSONText {
        var parser = Parser(rest: Substring(text).utf8, whole: text.utf8.count)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.rest.isEmpty else { throw parser.malformed }
        return value
    }

    /// The value with everything under these names hidden, at any depth; what is null stays null.
    func masking(_ names: Set<String>) -> JSONText {
        switch self {
        case .scalar: self
        case .array(let values): .array(values.map { $0.masking(names) })
        case .object(let members): .object(members.map { ($0.name, names.contains($0.name) ? $0.value.hidden : $0.value.masking(names)) })
        }
    }

    private var hidden: JSONText { text == "null" ? self : .scalar(Substring("…").utf8) }

    /// The value with sorted names.
    var text: String {
        switch self {
        case .scalar(let bytes): String(decoding: bytes, as: UTF8.self)
        case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.sorted { $0.name < $1.name }.map { "\($0.name): \($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }

    private struct Parser {
        var rest: Substring.UTF8View
        let whole: Int
        var malformed: Malformed { Malformed(offset: whole - rest.count) }

        mutating func skipSpace() {
            rest = rest[(rest.firstIndex { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) } ?? rest.endIndex)...]
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard let first = rest.first, first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func value() throws(Malformed) -> JSONText {
            if take("{") {
                var members: [(name: String, value: JSONText)] = []
                if take("}") { return .object([]) }
                repeat {
                    let name = String(decoding: try string().dropFirst().dropLast(), as: UTF8.self)
                    guard take(":") else { throw malformed }
                    members.append((name, try value()))
                } while take(",")
                guard take("}") else { throw malformed }
                return .object(members)
            }
            if take("[") {
                var values: [JSONText] = []
                if take("]") { return .array([]) }
                repeat { values.append(try value()) } while take(",")
                guard take("]") else { throw malformed }
                return .array(values)
            }
            if rest.first == UInt8(ascii: "\"") { return .scalar(try string()) }
            let end = rest.firstIndex { $0 == 0x2C || $0 == 0x7D || $0 == 0x5D || $0 <= 0x20 } ?? rest.endIndex
            guard end > rest.startIndex else { throw malformed }
            defer { rest = rest[end...] }
            return .scalar(rest[..<end])
        }

        /// A string with its quotation marks, escapes as they stand.
        mutating func string() throws(Malformed) -> Substring.UTF8View {
            skipSpace()
            guard rest.first == UInt8(ascii: "\"") else { throw malformed }
            var index = rest.index(after: rest.startIndex)
            while index < rest.endIndex, rest[index] != UInt8(ascii: "\"") {
                index = rest.index(index, offsetBy: rest[index] == UInt8(ascii: "\\") ? 2 : 1, limitedBy: rest.endIndex) ?? rest.endIndex
            }
            guard index < rest.endIndex else { throw malformed }
            let end = rest.index(after: index)
            defer { rest = rest[end...] }
            return rest[..<end]
        }
    }
}
