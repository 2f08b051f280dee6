// SPDX-License-Identifier: Apache-2.0

/// What opens one console, once, for whoever asked for it.
public struct ConsoleTicketBody: Hashable, Sendable, Codable {
    /// `display` or `serial`.
    public var kind: String
    /// The ticket; nowhere kept.
    public var ticket: String
    /// Where the WebSocket is opened with it: a path on this daemon.
    public var path: String
    /// The subprotocol that viewers offer: `binary`.
    public var subprotocol: String
    /// From when on it is refused.
    public var expiresAt: APITime
    /// A body.
    public init(kind: String, ticket: String, path: String, subprotocol: String, expiresAt: APITime) {
        self.kind = kind
        self.ticket = ticket
        self.path = path
        self.subprotocol = subprotocol
        self.expiresAt = expiresAt
    }
}
