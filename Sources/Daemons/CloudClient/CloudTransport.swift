// SPDX-License-Identifier: Apache-2.0

/// Carries a call to a cloud and brings the answer back. ``HTTPTransport`` is the real one; tests bring their own.
public protocol CloudTransport: Sendable {
    /// Where calls go to.
    var address: CloudAddress { get }
    /// A file of certificates (PEM) that are trusted beside the system's own; nil for those alone. For what opens connections beside
    /// this transport's: consoles.
    var authorities: String? { get }
    /// Sends one call, once. Throws ``TransportFailure`` where no answer begins, `CancellationError` where the task is cancelled.
    func send(_ call: OutgoingCall) async throws -> IncomingAnswer
}

extension CloudTransport {
    /// None but the system's.
    public var authorities: String? { nil }
}

/// A call as it goes out.
public struct OutgoingCall: Sendable, Hashable {
    /// What is sent behind the header.
    public enum Body: Sendable, Hashable {
        /// Nothing.
        case none
        /// These bytes, of a media type.
        case bytes([UInt8], type: String)
        /// The bytes of a file, read while they are sent; its size in bytes.
        case file(path: String, size: Int64)
    }
    /// One header field.
    public struct Field: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The value.
        public let value: String
    }

    /// The method, in capital letters.
    public var method: String
    /// Path and query, percent-encoded.
    public var target: String
    /// The header fields, without those of the connection.
    public var fields: [Field] = []
    /// The body.
    public var body = Body.none
    /// Whether sending it twice is the same as sending it once.
    public var repeatable = true
    /// Whether the answer goes on for as long as somebody reads.
    public var streams = false

    /// A call without header and body.
    public init(_ method: String, _ target: String) {
        self.method = method
        self.target = target
    }

    /// The first value of a header field; setting replaces, nil removes. Names are compared without regard to case.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }
}

/// An answer as it comes in.
public struct IncomingAnswer: Sendable {
    /// The status.
    public let status: Int
    /// The header fields by lower-case name.
    public let fields: [String: String]
    /// Begins to read the body; the function that it gives returns piece after piece, nil at the end. To be called once.
    public let body: @Sendable () -> (() async throws -> [UInt8]?)

    /// An answer whose body comes in pieces.
    public init(status: Int, fields: [String: String], body: @escaping @Sendable () -> (() async throws -> [UInt8]?)) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer that is whole.
    public init(status: Int, fields: [String: String] = [:], bytes: [UInt8] = []) {
        self.init(status: status, fields: fields) {
            var left: [UInt8]? = bytes
            return {
                defer { left = nil }
                return left
            }
        }
    }
}

/// No answer began, or it broke off.
public struct TransportFailure: Error, Hashable, Sendable {
    /// How far it came.
    public enum Kind: Hashable, Sendable {
        /// There was no connection: nothing was done.
        case notConnected
        /// There was one, and it went away: whether something was done is not known.
        case lost
    }
    /// How far it came.
    public let kind: Kind
    /// In the words of the system.
    public let reason: String
    /// A failure.
    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}
