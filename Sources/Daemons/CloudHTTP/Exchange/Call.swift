// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
public import ImageStore

/// The methods that the API knows.
public enum Method: String, Hashable, Sendable, CaseIterable {
    /// Remove.
    case delete = "DELETE"
    /// Read.
    case get = "GET"
    /// Change in part (RFC 7396).
    case patch = "PATCH"
    /// Begin or make.
    case post = "POST"
    /// Replace.
    case put = "PUT"
}

/// Who is at the other end of a connection, as far as the transport knows.
public enum Peer: Hashable, Sendable {
    /// Somebody who must show a token.
    case network
    /// An account of this machine, by the credentials of a unix socket.
    case account(userID: UInt32)
}

/// One request, before anything of it is believed. Independent of the HTTP library, so that everything behind it is tested without one.
public struct Call: Sendable {
    /// The method as it was written.
    public var method: String
    /// The path, percent-encoded, without the query.
    public var path: String
    /// What follows the question mark; nil where there is none.
    public var query: String?
    /// The header fields.
    public var fields: Fields
    /// The body.
    public var body: any ByteStream
    /// Who sent it.
    public var peer: Peer
    /// Whether its connection may stop to be HTTP, as its fields ask: set by the transport, never by a field.
    var offersUpgrade = false

    /// A request.
    public init(
        method: String, path: String, query: String? = nil, fields: Fields = [:], body: any ByteStream = NoBytes(), peer: Peer = .network
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.peer = peer
    }
}

/// A body of nothing.
public struct NoBytes: ByteStream {
    /// Nothing.
    public init() {}
    /// The end.
    public mutating func next() async throws -> [UInt8]? { nil }
}

/// A call that was let in: its route is known, its caller too, its query and body were read.
struct Request: Sendable {
    /// Its id, in the log and in every problem.
    let id: String
    /// The language of texts.
    let language: Language
    /// The route that let it in.
    let route: Route
    /// The parts of the path that the route left open, by name, decoded.
    let parameters: [String: String]
    /// The query, decoded; only names that the route declares.
    let query: [String: String]
    /// The header fields.
    let fields: Fields
    /// The body: read whole where it is JSON, empty where it is a stream.
    var body: [UInt8]
    /// The body of a route that takes a stream.
    let stream: any ByteStream
    /// Method and path as they came, for the hash under an Idempotency-Key.
    let target: String
    /// Whether the connection may become a WebSocket.
    let offersUpgrade: Bool
    /// The caller; nil only on routes that are open to all.
    let caller: Principal?
    /// The token that the caller showed; nil for who is known without one. What outlasts the call asks whether it is still good.
    let token: ID<TokenKind>?

    /// The caller; throws `not-signed-in` where there is none.
    func principal() throws(CloudError) -> Principal {
        guard let caller else { throw CloudError(.notSignedIn) }
        return caller
    }

    /// An id out of the path. What is no id of the kind is not found, as an unknown one is.
    func id<Kind>(_ name: String = "id", _ kind: Kind.Type = Kind.self) throws(CloudError) -> ID<Kind> {
        guard let id = ID<Kind>(parameters[name] ?? "") else { throw CloudError(.notFound, ["object": parameters[name] ?? ""]) }
        return id
    }

    /// The body as a request.
    func decode<Body: APIRequest>(_ type: Body.Type) throws(CloudError) -> Body { try APICoding.decode(type, from: body) }

    /// A whole number out of the query; nil where it is not given. Throws `invalid-field`.
    func number(_ name: String, _ range: ClosedRange<Int64>) throws(CloudError) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw CloudError(.invalidField, query: name, "a number from \(range.lowerBound) to \(range.upperBound) is due here")
        }
        return number
    }

    /// `limit` of a list.
    func limit() throws(CloudError) -> Int { Int(try number("limit", 1...Int64(ListLimits.largest)) ?? Int64(ListLimits.standard)) }
}
