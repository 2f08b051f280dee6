// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import CloudStore

extension Route {
    /// The stream of events.
    static let events: [Route] = [
        Route("streamEvents", .get, "/v1/events", query: ["after", "limit", "until"]) { try await $0.streamEvents($1) }
    ]
}

extension CloudService {
    /// Server-sent events: from Last-Event-ID or `after`, otherwise from now; until `limit` events were sent or the time `until` has
    /// come. The first look happens before the answer begins, so that events that are gone are a problem and not a broken stream.
    fileprivate func streamEvents(_ request: Request) async throws -> Answer {
        let (principal, limit) = (try request.principal(), try request.number("limit", 1...1_000_000))
        let until = try request.query["until"].map { text throws(CloudError) -> Timestamp in
            guard let time = APITime(text) else {
                throw CloudError(.invalidField, query: "until", "a time is due here, as 2026-02-03T09:00:00Z")
            }
            return time.moment
        }
        let start: Int64
        if let asked = try eventNumber(request) { start = asked } else { start = try await cloud.lastEvent() }
        _ = try await cloud.events(after: start, limit: 1, for: principal)
        var answer = Answer(status: 200, fields: ["Content-Type": "text/event-stream"])
        answer.body = .stream { write in
            // Where the stream begins, so that one that breaks before its first event goes on there and not at some later “now”.
            try await write(Array("retry: 1000\n\nid: \(start)\n\n".utf8))
            try await follow(from: start, limit: limit, until: until, principal, token: request.token, write)
        }
        return answer
    }

    private func eventNumber(_ request: Request) throws -> Int64? {
        guard let header = request.fields["Last-Event-ID"] else { return try request.number("after", 0...Int64.max) }
        guard let number = Int64(header), number >= 0 else {
            throw CloudError(.invalidField, header: "Last-Event-ID", "no event has this number")
        }
        return number
    }

    private func follow(
        from start: Int64, limit: Int64?, until: Timestamp?, _ principal: Principal, token: ID<TokenKind>?,
        _ write: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var (number, sent, quiet) = (start, Int64(0), Duration.zero)
        while !Task.isCancelled {
            // A stream ends with the token that opened it; whoever opens it again is told why.
            guard try await cloud.isGood(token) else { return }
            let page = try await fresh(principal, after: number)
            for event in page.events where sent < limit ?? .max {
                try await write(EventText.bytes(of: event))
                sent += 1
            }
            // A page of events that the caller may not see is empty and not the last.
            let caughtUp = page.upTo == number
            number = page.upTo
            guard sent < limit ?? .max else { return }
            if let until, caughtUp, cloud.world.clock.now() >= until { return }
            quiet = page.events.isEmpty ? quiet + settings.eventInterval : .zero
            if quiet >= .seconds(15) {
                try await write(Array(": quiet\n\n".utf8))
                quiet = .zero
            }
            if caughtUp { try await clock.sleep(for: settings.eventInterval) }
        }
    }

    /// Events for the person as they are now: what was taken away from them since is not shown (invariant I31).
    private func fresh(_ principal: Principal, after number: Int64) async throws -> (events: [StoredEvent], upTo: Int64) {
        try await cloud.events(after: number, limit: 100, for: try await cloud.principal(of: principal.user))
    }
}

/// One event in the form of the HTML standard, section 9.2.
enum EventText {
    static func bytes(of stored: StoredEvent) throws -> [UInt8] {
        let body = EventBody(
            number: stored.number, code: stored.event.code, object: stored.event.object, operation: stored.event.operation,
            at: APITime(stored.event.at))
        let data = String(decoding: try APICoding.encode(body), as: UTF8.self)
        return Array("id: \(stored.number)\nevent: \(stored.event.code)\ndata: \(data)\n\n".utf8)
    }
}
