// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
public import CloudModel

extension CloudClient {
    /// A ticket for a console of an instance: good once, for 30 s, for the caller. ``talk(through:input:opened:output:)`` opens it, or a
    /// viewer does.
    public func consoleTicket(_ kind: ConsoleKind, of id: ID<InstanceKind>) async throws -> Received<ConsoleTicketBody> {
        try await post(ConsoleTicketBody.self, "/v1/instances/\(id)/console", ConsoleRequest(kind: kind))
    }

    /// Opens what a ticket of this client's is for, as whom it was given to:
    /// ``ConsoleConnection/run(_:authorities:ticket:token:input:opened:output:)``.
    public func talk(
        through ticket: ConsoleTicketBody, input: @escaping @Sendable () async throws -> [UInt8]?, opened: @Sendable () -> Void = {},
        output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> ConsoleConnection.End {
        try await ConsoleConnection.run(
            address, authorities: transport.authorities, ticket: ticket, token: token, input: input, opened: opened, output: output)
    }
}

extension CloudAddress {
    /// Where a viewer opens a WebSocket with a ticket's path; nil for a unix socket, which viewers cannot reach.
    public func webSocket(_ path: String) -> String? {
        guard case .web(let address) = self else { return nil }
        // http becomes ws, https wss.
        return "ws" + address.dropFirst("http".count) + path
    }
}
