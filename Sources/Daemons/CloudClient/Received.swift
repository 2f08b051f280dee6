// SPDX-License-Identifier: Apache-2.0

public import CloudAPI

/// An answer's value beside the JSON that it was read from: the value for Swift, the JSON for those who hand it on with all fields,
/// also with those that this client does not know.
public struct Received<Value: Sendable>: Sendable {
    /// What this client understands of it.
    public let value: Value
    /// All of it.
    public let json: JSONValue
    /// The version of the object, for `If-Match`; nil where the answer has none.
    public let etag: String?
    /// Whether it is the answer to an earlier request under the same Idempotency-Key.
    public let replayed: Bool

    /// An answer.
    public init(_ value: Value, json: JSONValue, etag: String? = nil, replayed: Bool = false) {
        self.value = value
        self.json = json
        self.etag = etag
        self.replayed = replayed
    }
}
