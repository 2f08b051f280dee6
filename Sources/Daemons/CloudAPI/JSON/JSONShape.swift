// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What a request may look like: the keys that it declares and the types of their values. Checked before anything is decoded, so
/// that a misspelt key is a refusal and never a default.
public indirect enum JSONShape: Sendable {
    /// `true` or `false`.
    case boolean
    /// A whole number in a range, written without fraction and exponent; of magnitude below 2^53 in any case.
    case integer(ClosedRange<Int64>)
    /// A string.
    case string
    /// One of these words.
    case word([String])
    /// An array of values of one shape, with at most so many.
    case array(JSONShape, atMost: Int)
    /// An object with these keys and no others.
    case object([Field])

    /// One of the words that a type knows.
    static func word<Word: CaseIterable & RawRepresentable>(of type: Word.Type) -> JSONShape where Word.RawValue == String {
        .word(type.allCases.map(\.rawValue))
    }

    /// A port number.
    public static let port = JSONShape.integer(1...65_535)
    /// A count or a size in bytes.
    public static let amount = JSONShape.integer(0...(1 << 53 - 1))
    /// The size in bytes of something that is there.
    public static let size = JSONShape.integer(1...(1 << 53 - 1))

    /// One key of an object.
    public struct Field: Sendable {
        /// The key.
        public let key: String
        /// What its value may be.
        public let shape: JSONShape
        /// Whether it may be left out (or be null, which is the same).
        public let optional: Bool
        /// A key that must be there.
        public static func required(_ key: String, _ shape: JSONShape) -> Field { Field(key: key, shape: shape, optional: false) }
        /// A key that may be left out.
        public static func optional(_ key: String, _ shape: JSONShape) -> Field { Field(key: key, shape: shape, optional: true) }
    }

    /// The words of refusals; the catalogues know each of them.
    public enum Reason: String, Sendable, CaseIterable {
        /// A key that no field declares.
        case unknownField = "the field is not known"
        /// A key that must be there is not.
        case missing = "the field is missing"
        /// A truth value is due.
        case boolean = "a truth value is due here"
        /// A whole number is due.
        case integer = "a whole number below 2^53 is due here"
        /// A string is due.
        case string = "a string is due here"
        /// An array is due.
        case array = "an array is due here"
        /// An object is due.
        case object = "an object is due here"
    }

    /// Throws `CloudError(.malformedRequest)` with the pointer of the first place that does not fit, in the order of the text.
    public func check(_ value: JSONValue, at pointer: JSONPointer = JSONPointer()) throws(CloudError) {
        switch (self, value) {
        case (.boolean, .boolean), (.string, .string): return
        case (.integer(let range), .number(let text)): try check(text, range, pointer)
        case (.word(let words), .string(let text)):
            guard !words.contains(text) else { return }
            let reason = "one of these is due here: \(words.joined(separator: ", "))"
            throw CloudError(.invalidField, ["pointer": pointer.description, "reason": reason])
        case (.array(let item, let limit), .array(let items)):
            guard items.count <= limit else {
                let reason = "at most \(limit) items are due here, not \(items.count)"
                throw CloudError(.malformedRequest, ["pointer": pointer.description, "reason": reason])
            }
            for (index, value) in items.enumerated() { try item.check(value, at: pointer.appending(String(index))) }
        case (.object(let fields), .object(let members)): try check(members, fields, pointer)
        default: throw refusal(wanted, pointer)
        }
    }

    private func check(_ members: [JSONValue.Member], _ fields: [Field], _ pointer: JSONPointer) throws(CloudError) {
        for member in members {
            let inner = pointer.appending(member.key)
            guard let field = fields.first(where: { $0.key == member.key }) else { throw refusal(.unknownField, inner) }
            if member.value == .null, field.optional { continue }
            try field.shape.check(member.value, at: inner)
        }
        for field in fields where !field.optional && !members.contains(where: { $0.key == field.key }) {
            throw refusal(.missing, pointer.appending(field.key))
        }
    }

    private var wanted: Reason {
        switch self {
        case .boolean: .boolean
        case .integer: .integer
        case .string, .word: .string
        case .array: .array
        case .object: .object
        }
    }

    private func refusal(_ reason: Reason, _ pointer: JSONPointer) -> CloudError {
        CloudError(.malformedRequest, ["pointer": pointer.description, "reason": reason.rawValue])
    }

    private func check(_ text: String, _ range: ClosedRange<Int64>, _ pointer: JSONPointer) throws(CloudError) {
        guard let number = Int64(text), number.magnitude < 1 << 53 else { throw refusal(.integer, pointer) }
        guard range.contains(number) else {
            let reason = "a number from \(range.lowerBound) to \(range.upperBound) is due here"
            throw CloudError(.invalidField, ["pointer": pointer.description, "reason": reason])
        }
    }
}
