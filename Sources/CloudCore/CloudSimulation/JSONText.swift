// SPDX-License-Identifier: Apache-2.0

/// JSON as it is written: scalars keep their spelling, so that reading and writing again changes nothing but the order of names.
indirect enum JSONText {
    case scalar(String)
    case array([JSONText])
    case object([(name: String, value: JSONText)])

    /// The text is no JSON at this byte.
    struct Malformed: Error { let offset: Int }

    /// Reads one value; nothing but white space may follow.
    static func parse(_ text: String) throws(Malformed) -> JSONText {
        var parser = Parser(bytes: Array(text.utf8))
        let value = try parser.value()
        parser.skipSpace()
        guard parser.next == nil else { throw parser.malformed }
        return value
    }

    /// The value under a name of an object; nil for anything else.
    subscript(name: String) -> JSONText? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The value with everything under these names hidden, at any depth; what is null stays null.
    func masking(_ names: Set<String>) -> JSONText {
        switch self {
        case .scalar: self
        case .array(let values): .array(values.map { $0.masking(names) })
        case .object(let members): .object(members.map { ($0.name, names.contains($0.name) ? $0.value.hidden : $0.value.masking(names)) })
        }
    }

    private var hidden: JSONText { text == "null" ? self : .scalar("…") }

    /// The value with sorted names.
    var text: String {
        switch self {
        case .scalar(let text): text
        case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.sorted { $0.name < $1.name }.map { "\($0.name): \($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }

    private struct Parser {
        let bytes: [UInt8]
        var position = 0
        var malformed: Malformed { Malformed(offset: position) }
        var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard next == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func value() throws(Malformed) -> JSONText {
            if take("{") {
                var members: [(name: String, value: JSONText)] = []
                if take("}") { return .object([]) }
                repeat {
                    let name = String(try string().dropFirst().dropLast())
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
            if next == UInt8(ascii: "\"") { return .scalar(try string()) }
            let start = position
            while let byte = next, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]"), byte > 0x20 {
                position += 1
            }
            guard position > start else { throw malformed }
            return .scalar(String(decoding: bytes[start..<position], as: UTF8.self))
        }

        /// A string with its quotation marks, escapes as they stand.
        mutating func string() throws(Malformed) -> String {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw malformed }
            let start = position
            position += 1
            while let byte = next, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
            guard position < bytes.count else { throw malformed }
            position += 1
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
    }
}
