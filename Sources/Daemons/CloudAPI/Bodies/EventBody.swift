// SPDX-License-Identifier: Apache-2.0

/// One event of the stream: something happened to an object; what it is now is read from the object.
public struct EventBody: Hashable, Sendable, Codable {
    /// Grows in commit order; may have holes, for only what the caller may see is sent.
    public var number: Int64
    /// What, for example `instance.changed`.
    public var code: String
    /// The object's id.
    public var object: String
    /// The operation; nil for an observation.
    public var operation: String?
    /// When.
    public var at: APITime
    /// A body.
    public init(number: Int64, code: String, object: String, operation: String?, at: APITime) {
        self.number = number
        self.code = code
        self.object = object
        self.operation = operation
        self.at = at
    }
}
