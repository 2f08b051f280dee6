// SPDX-License-Identifier: Apache-2.0

/// Header fields in order; names are compared without regard to case (RFC 9110, 5.1).
public struct Fields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Hashable, Sendable {
        /// The name as it was written.
        public let name: String
        /// The value.
        public let value: String
    }
    /// All of them, in order.
    public private(set) var all: [Field] = []

    /// No fields.
    public init() {}
    /// Fields by name and value.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// Adds a field behind the others.
    public mutating func add(_ name: String, _ value: String) { all.append(Field(name: name, value: value)) }

    /// The first value of a name. Setting replaces all of that name; nil removes them.
    public subscript(name: String) -> String? {
        get { all.first { Self.same($0.name, name) }?.value }
        set {
            all.removeAll { Self.same($0.name, name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// How many fields have a name.
    func count(of name: String) -> Int { all.count { Self.same($0.name, name) } }

    private static func same(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }
}
