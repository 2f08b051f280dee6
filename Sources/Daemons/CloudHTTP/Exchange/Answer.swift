// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Foundation

/// What is sent back.
public struct Answer: Sendable {
    /// The status.
    public var status: Int
    /// The header fields.
    public var fields: Fields
    /// The body.
    public var body: Body

    /// A body: bytes, or a stream that goes on while its function runs.
    public enum Body: Sendable {
        /// Bytes.
        case bytes([UInt8])
        /// Bytes both ways, on a connection that has stopped to be HTTP; given only to a call that offers it (`Call.offersUpgrade`).
        case console(ConsoleSession)
        /// Pieces, written as they come; the function returns at the end and throws where the other end is gone.
        case stream(@Sendable (@escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void)
    }

    /// An answer of bytes.
    public init(status: Int, fields: Fields = [:], bytes: [UInt8] = []) {
        self.status = status
        self.fields = fields
        body = .bytes(bytes)
    }

    /// An answer of JSON.
    static func json(_ value: some Encodable, status: Int = 200, fields: Fields = [:]) throws -> Answer {
        var fields = fields
        fields["Content-Type"] = "application/json"
        return Answer(status: status, fields: fields, bytes: Array(try APICoding.encode(value)))
    }

    /// An object with its version as its ETag.
    static func object(_ value: some Encodable, version: Int64, status: Int = 200) throws -> Answer {
        try json(value, status: status, fields: ["ETag": ETag.text(version)])
    }

    /// A problem.
    static func problem(_ problem: Problem) throws -> Answer {
        var fields: Fields = ["Content-Type": Problem.mediaType]
        switch problem.status {
        case 401: fields["WWW-Authenticate"] = "Bearer realm=\"lyceum\""
        case 405: fields["Allow"] = problem.parameters["allowed"]
        case 426: (fields["Upgrade"], fields["Sec-WebSocket-Version"]) = ("websocket", "13")
        case 429: fields["Retry-After"] = problem.parameters["retryAfter"] ?? "1"
        case 503: fields["Retry-After"] = "5"
        default: break
        }
        return Answer(status: problem.status, fields: fields, bytes: Array(try APICoding.encode(problem)))
    }
}

/// The version of a row as an entity tag (RFC 9110, 8.8.3).
enum ETag {
    static func text(_ version: Int64) -> String { "\"\(version)\"" }

    /// Throws `invalid-field` for a header If-Match that is neither `*` nor a list of entity tags (RFC 9110, 13.1.1).
    static func checkSyntax(_ header: String?) throws(CloudError) {
        guard let header, header != "*" else { return }
        for part in header.split(separator: ",", omittingEmptySubsequences: false) {
            let tag = part.trimmingCharacters(in: .whitespaces)
            let strong = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
            guard strong.count >= 2, strong.first == "\"", strong.last == "\"", !strong.dropFirst().dropLast().contains("\"") else {
                throw CloudError(.invalidField, header: "If-Match", "an entity tag is due here, as \"7\", or *")
            }
        }
    }

    /// The versions that a header If-Match names; nil where it is absent or `*`. A tag that we never gave names no version of ours, so
    /// a header of nothing else is an empty set, which no row fits.
    static func versions(_ header: String?) -> Set<Int64>? {
        guard let header else { return nil }
        let tags = header.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard !tags.contains("*") else { return nil }
        return Set(tags.compactMap { tag in Int64(tag.dropFirst().dropLast()).flatMap { text($0) == tag ? $0 : nil } })
    }
}
