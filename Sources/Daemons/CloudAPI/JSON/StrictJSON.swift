// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A JSON reader (RFC 8259) that refuses what two readers could understand differently: duplicate keys, text that is not UTF-8,
/// half surrogate pairs, bytes behind the end, and more than ``maximumDepth`` levels.
///
/// Foundation's reader keeps one of two equal keys in silence, so a filter in front and the daemon behind could see different
/// requests.
public enum StrictJSON {
    /// How deep arrays and objects may be nested.
    public static let maximumDepth = 64

    /// Why a text was refused; the English sentence is the raw value, and the catalogues know each of them.
    public enum Reason: String, Sendable, CaseIterable {
        /// Bytes that are no UTF-8.
        case notUTF8 = "the text is not UTF-8"
        /// An empty body where one is due.
        case empty = "the text is empty"
        /// The text ends too early.
        case unexpectedEnd = "the text ends in the middle of a value"
        /// A byte that cannot stand here.
        case unexpectedByte = "there is a character that cannot stand here"
        /// Something follows the value.
        case trailing = "something follows the end of the value"
        /// Too many levels.
        case tooDeep = "arrays and objects are nested more than 64 deep"
        /// A key twice.
        case duplicateKey = "the key is there twice"
        /// `01`, `1.`, `+1`, `.5` …
        case badNumber = "this is not how JSON writes a number"
        /// An unknown escape or half a surrogate pair.
        case badEscape = "there is an escape sequence that means no character"
        /// A raw control character.
        case rawControl = "a control character in a string is not escaped"
    }

    /// Reads one JSON text. Throws `CloudError(.malformedRequest)` with pointer and reason.
    public static func parse(_ bytes: [UInt8]) throws(CloudError) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw refusal(.notUTF8, JSONPointer()) }
        var reader = JSONReader(bytes: bytes)
        reader.skipSpace()
        guard !reader.atEnd else { throw refusal(.empty, JSONPointer()) }
        let value = try reader.value(at: JSONPointer(), depth: 0)
        reader.skipSpace()
        guard reader.atEnd else { throw refusal(.trailing, JSONPointer()) }
        return value
    }

    static func refusal(_ reason: Reason, _ pointer: JSONPointer) -> CloudError {
        CloudError(.malformedRequest, ["pointer": pointer.description, "reason": reason.rawValue])
    }
}

/// The place of the reader in a text that is known to be UTF-8.
struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    var atEnd: Bool { position >= bytes.count }
    var current: UInt8? { atEnd ? nil : bytes[position] }

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func value(at pointer: JSONPointer, depth: Int) throws(CloudError) -> JSONValue {
        guard let byte = current else { throw StrictJSON.refusal(.unexpectedEnd, pointer) }
        switch byte {
        case UInt8(ascii: "{"): return try object(at: pointer, depth: depth + 1)
        case UInt8(ascii: "["): return try array(at: pointer, depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string(at: pointer))
        case UInt8(ascii: "t"): return try word("true", .boolean(true), at: pointer)
        case UInt8(ascii: "f"): return try word("false", .boolean(false), at: pointer)
        case UInt8(ascii: "n"): return try word("null", .null, at: pointer)
        default: return .number(try number(at: pointer))
        }
    }

    private mutating func object(at pointer: JSONPointer, depth: Int) throws(CloudError) -> JSONValue {
        guard depth <= StrictJSON.maximumDepth else { throw StrictJSON.refusal(.tooDeep, pointer) }
        position += 1
        var members: [JSONValue.Member] = []
        var seen: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw unexpected(pointer) }
            let key = try string(at: pointer)
            let inner = pointer.appending(key)
            guard seen.insert(key).inserted else { throw StrictJSON.refusal(.duplicateKey, inner) }
            skipSpace()
            guard take(":") else { throw unexpected(inner) }
            skipSpace()
            members.append(.init(key: key, value: try value(at: inner, depth: depth)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected(pointer) }
        }
    }

    private mutating func array(at pointer: JSONPointer, depth: Int) throws(CloudError) -> JSONValue {
        guard depth <= StrictJSON.maximumDepth else { throw StrictJSON.refusal(.tooDeep, pointer) }
        position += 1
        var items: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            skipSpace()
            items.append(try value(at: pointer.appending(String(items.count)), depth: depth))
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw unexpected(pointer) }
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue, at pointer: JSONPointer) throws(CloudError) -> JSONValue {
        for expected in text.utf8 {
            guard current == expected else { throw unexpected(pointer) }
            position += 1
        }
        return value
    }

    private mutating func number(at pointer: JSONPointer) throws(CloudError) -> String {
        let start = position
        _ = take("-")
        let whole = digits()
        guard whole > 0 else { throw whole == 0 && start == position ? unexpected(pointer) : StrictJSON.refusal(.badNumber, pointer) }
        let first = bytes[position - whole]
        guard whole == 1 || first != UInt8(ascii: "0") else { throw StrictJSON.refusal(.badNumber, pointer) }
        if take(".") { guard digits() > 0 else { throw StrictJSON.refusal(.badNumber, pointer) } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw StrictJSON.refusal(.badNumber, pointer) }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private func unexpected(_ pointer: JSONPointer) -> CloudError {
        StrictJSON.refusal(atEnd ? .unexpectedEnd : .unexpectedByte, pointer)
    }
}
