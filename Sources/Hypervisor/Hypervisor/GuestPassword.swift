// SPDX-License-Identifier: Apache-2.0

/// A password on its way into a guest. It has no description, so it can be printed nowhere by mistake; whoever carries it to a host
/// carries it in the clear, over a connection that nobody else reads.
public struct GuestPassword: Hashable, Sendable, Codable, CustomStringConvertible, CustomReflectable {
    /// The clear text, for the one place that needs it.
    public let clear: String

    /// A password.
    public init(_ clear: String) { self.clear = clear }

    /// Never the text.
    public var description: String { "(password)" }
    /// Never the text.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Reads the text.
    public init(from decoder: any Decoder) throws { clear = try decoder.singleValueContainer().decode(String.self) }
    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(clear)
    }
}
