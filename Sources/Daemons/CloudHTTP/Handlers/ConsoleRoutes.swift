// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import Hypervisor

extension Route {
    /// Consoles: a ticket, and what it opens. A ticket is good once and briefly, so it takes no Idempotency-Key: whoever lost one asks again.
    static let consoles: [Route] = [
        Route("createConsoleTicket", .post, "/v1/instances/{id}/console", body: .json) { try await $0.createConsoleTicket($1) },
        Route("openConsole", .get, SecretPath.console.route, access: .open) { try await $0.openConsole($1) },
    ]
}

extension CloudService {
    fileprivate func createConsoleTicket(_ request: Request) async throws -> Answer {
        let (body, principal) = (try request.decode(ConsoleRequest.self), try request.principal())
        let grant = try await cloud.grantConsole(body.kind, of: try request.id(), seen: request.seen(), by: principal)
        let text = BearerToken.text(of: chance(BearerToken.length))
        try tickets.keep(.init(grant: grant, token: request.token), hash: BearerToken.hash(of: text))
        return try .json(
            ConsoleTicketBody(
                kind: grant.kind.rawValue, ticket: text, path: SecretPath.console.folder + text, subprotocol: Handshake.subprotocol,
                expiresAt: APITime(cloud.world.clock.now() + ConsoleTickets.life)),
            status: 201)
    }

    /// The ticket is spent by the first who shows it, whatever comes of it; why one is refused is for the log alone.
    fileprivate func openConsole(_ request: Request) async throws -> Answer {
        guard request.offersUpgrade else { throw CloudError(.upgradeRequired, ["protocol": "websocket"]) }
        try Handshake.check(request.fields)
        try Origins.check(request.fields, publicAddress: settings.publicAddress, allowed: settings.consoleOrigins)
        func refused(_ detail: String) -> CloudError { CloudError(.consoleTicketRefused, detail: detail) }
        guard let ticket = tickets.take(hash: BearerToken.hash(of: request.parameters["ticket"] ?? "")) else {
            throw refused("unknown, used or expired")
        }
        let (grant, token, cloud) = (ticket.grant, ticket.token, cloud)
        if let caller = request.caller, caller.user != grant.user { throw refused("of another person") }
        guard try await cloud.isGood(token) else { throw refused("the token behind it has ended") }
        let slot = try limits.enter(grant.user)
        let channel: any ConsoleChannel
        do { channel = try await cloud.openConsole(grant) } catch let refusal as CloudError {
            throw refusal.saysPartIsAway ? refusal : refused(refusal.description)
        }
        let session = ConsoleSession(grant.kind, channel, clock: clock, elapsed: elapsed, slot: slot) {
            guard try await cloud.isGood(token) else { throw CloudError(.notSignedIn) }
            try await cloud.recheckConsole(grant)
        }
        var answer = Answer(status: 101)
        if Handshake.offersSubprotocol(request.fields) { answer.fields["Sec-WebSocket-Protocol"] = Handshake.subprotocol }
        answer.body = .console(session)
        return answer
    }
}

extension CloudError {
    /// Whether it says that a part does not answer at the moment, and nothing of what was asked.
    var saysPartIsAway: Bool { [.hostUnreachable, .storeUnavailable, .unavailable].contains(code) }
}
