// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Foundation

// What calls have in common: how a request is written and an answer read.

extension CloudClient {
    /// The largest JSON answer that is read, in bytes: 500 items of a list with room.
    static let answerLimit = 32 << 20

    func get<Value: Codable & Sendable>(_ type: Value.Type, _ path: String, _ query: [(String, String?)] = []) async throws
        -> Received<Value>
    {
        try await fetch(type, OutgoingCall("GET", Self.target(path, query)))
    }

    func post<Value: Codable & Sendable>(
        _ type: Value.Type, _ path: String, _ body: some Encodable & Sendable = EmptyRequest(), ifMatch: String? = nil
    ) async throws -> Received<Value> {
        try await fetch(type, try written("POST", path, body, ifMatch: ifMatch))
    }

    /// A `POST` that a repeat would do twice.
    func once<Value: Codable & Sendable>(_ type: Value.Type, _ path: String, _ body: some Encodable & Sendable) async throws
        -> Received<Value>
    {
        var call = try written("POST", path, body)
        call.repeatable = false
        return try await fetch(type, call)
    }

    func written(_ method: String, _ path: String, _ body: some Encodable, ifMatch: String? = nil) throws -> OutgoingCall {
        var call = OutgoingCall(method, path)
        call.body = .bytes(Array(try APICoding.encode(body)), type: "application/json")
        call["If-Match"] = ifMatch
        return call
    }

    func fetch<Value: Codable & Sendable>(_ type: Value.Type, _ call: OutgoingCall) async throws -> Received<Value> {
        try await exchange(call) { answer in
            let bytes = try await Self.whole(answer)
            guard (200..<300).contains(answer.status) else { throw Self.refusal(answer, bytes) }
            do {
                let value = try APICoding.decodeAnswer(type, from: Data(bytes))
                let replayed = answer.fields["idempotency-replayed"] == "true"
                return Received(value, json: try StrictJSON.parse(bytes), etag: answer.fields["etag"], replayed: replayed)
            } catch {
                throw ClientError.unexpected(status: answer.status, reason: "the body is no \(type): \(error)")
            }
        }
    }

    /// All bytes of an answer. Throws `ClientError.unexpected` behind the limit.
    static func whole(_ answer: IncomingAnswer) async throws -> [UInt8] {
        let next = answer.body()
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard bytes.count + piece.count <= answerLimit else {
                throw ClientError.unexpected(status: answer.status, reason: "the body has more than \(answerLimit) bytes")
            }
            bytes += piece
        }
        return bytes
    }

    /// The error of an answer that is no success.
    static func refusal(_ answer: IncomingAnswer, _ bytes: [UInt8]) -> ClientError {
        let type = answer.fields["content-type"] ?? ""
        guard type.lowercased().hasPrefix(Problem.mediaType) else {
            return .unexpected(status: answer.status, reason: "the answer is no problem of this API (\(type.isEmpty ? "no type" : type))")
        }
        do { return .problem(try APICoding.decodeAnswer(Problem.self, from: Data(bytes))) } catch {
            return .unexpected(status: answer.status, reason: "the problem cannot be read: \(error)")
        }
    }

    /// A path with a query; what is nil is left out.
    static func target(_ path: String, _ query: [(String, String?)]) -> String {
        let parts = query.compactMap { name, value in value.map { "\(name)=\(PercentCode.encoded($0))" } }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    /// An answer as it came, whatever its status: for callers who write the call themselves.
    public struct RawAnswer: Sendable {
        /// The status.
        public let status: Int
        /// The header fields by lower-case name.
        public let fields: [String: String]
        /// The body.
        public let bytes: [UInt8]
        /// The refusal; nil where the status is a success.
        public let error: ClientError?
    }

    /// Sends any call of the API. `body` is JSON text; nil sends none. A `PATCH` or `DELETE` is not sent again after a lost connection.
    public func raw(_ method: String, _ target: String, body: [UInt8]? = nil, ifMatch: String? = nil) async throws -> RawAnswer {
        var call = OutgoingCall(method, target)
        if let body { call.body = .bytes(body, type: "application/json") }
        call["If-Match"] = ifMatch
        call["Accept"] = "*/*"
        call.repeatable = ["GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(method)
        return try await exchange(call) { answer in
            let bytes = try await Self.whole(answer)
            let error = answer.status >= 400 ? Self.refusal(answer, bytes) : nil
            return RawAnswer(status: answer.status, fields: answer.fields, bytes: bytes, error: error)
        }
    }
}
