// SPDX-License-Identifier: Apache-2.0

/// A name for people: 1 to 120 characters, no control characters. Markup, quotes and emoji are allowed and come back unchanged:
/// a name is data and never becomes a path, an option or a piece of XML.
public struct DisplayName: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The name, in the composed form (NFC) in which it was checked.
    public let text: String

    /// Takes a name that is already in Unicode's composed form; throws ``ErrorCode/invalidField`` with the reason otherwise.
    /// The edge normalises before (`/name` is the default pointer of the refusal).
    public init(_ text: String, pointer: String = "/name") throws(CloudError) {
        func refuse(_ reason: String) -> CloudError { CloudError(.invalidField, ["pointer": pointer, "reason": reason]) }
        guard !text.isEmpty, !text.allSatisfy(\.isWhitespace) else { throw refuse("a name is not empty") }
        guard text.count <= 120, text.utf8.count <= 1000 else {
            throw refuse("a name has at most 120 characters, this one has \(text.count)")
        }
        guard text.first?.isWhitespace == false, text.last?.isWhitespace == false else {
            throw refuse("a name neither begins nor ends with a space")
        }
        guard !text.unicodeScalars.contains(where: Self.isControl) else { throw refuse("a name has no control characters") }
        self.text = text
    }

    /// Control characters, and the separators and overrides that would let a name lie in a list (Unicode Cc, Zl, Zp, bidi overrides).
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
    }

    /// By the texts.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    /// The name.
    public var description: String { text }

    /// Reads and checks the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do { try self.init(try container.decode(String.self)) } catch let refusal as CloudError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: refusal.parameters["reason"] ?? "no name")
        }
    }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// One label of a domain name: letters, digits and inner dashes, lower case, at most 63 (RFC 1123), and none that would mislead
/// machines on the network.
public struct DNSLabel: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The label.
    public let text: String

    /// Names that clients ask for by themselves; whoever had one could answer for the network.
    public static let reserved: Set<String> = ["localhost", "wpad", "isatap", "gateway", "broadcasthost", "dns", "ntp"]

    /// Takes a label; throws ``ErrorCode/invalidField`` with the reason.
    public init(_ text: String, pointer: String = "/hostname") throws(CloudError) {
        func refuse(_ reason: String) -> CloudError { CloudError(.invalidField, ["pointer": pointer, "reason": reason]) }
        guard (1...63).contains(text.utf8.count) else { throw refuse("a host name has 1 to 63 characters") }
        guard text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }),
            text.utf8.first != 0x2D, text.utf8.last != 0x2D
        else { throw refuse("a host name has lower-case letters, digits and inner dashes only") }
        guard !Self.reserved.contains(text) else { throw refuse("\(text) is reserved, because machines ask for it by themselves") }
        self.text = text
    }

    /// `vm-` and eight characters of the instance's id: what an instance is called that asked for no host name.
    public init(of instance: ID<InstanceKind>) { text = "vm-" + instance.body.prefix(8) }

    /// By the texts.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    /// The label.
    public var description: String { text }

    /// Reads and checks the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do { try self.init(try container.decode(String.self)) } catch let refusal as CloudError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: refusal.parameters["reason"] ?? "no label")
        }
    }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
