// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import Testing

@testable import CloudClient

@Suite struct EventStreamTests {
    private func numbers(_ stream: EventStream) async throws -> [Int64] {
        var found: [Int64] = []
        for try await event in stream { found.append(event.value.number) }
        return found
    }

    @Test func aBrokenStreamGoesOnBehindTheLastEvent() async throws {
        let lost = TransportFailure(.lost, "reset")
        let transport = ScriptedTransport([
            .pieces([Sample.event(3), Sample.event(5) + "id: 6\nda"], then: lost), .failure(.notConnected),
            .pieces([Sample.event(5) + Sample.event(6)], then: nil), .pieces([Sample.event(9)], then: lost),
        ])
        #expect(try await numbers(CloudClient.scripted(transport).events(after: 2, limit: 4)) == [3, 5, 6, 9])
    }

    @Test func whatIsAskedAgainIsWhatIsMissing() async throws {
        let lost = TransportFailure(.lost, "reset")
        let transport = ScriptedTransport([.pieces([Sample.event(3)], then: lost), .pieces([Sample.event(4), Sample.event(5)])])
        _ = try await numbers(CloudClient.scripted(transport).events(after: 2, limit: 3))
        #expect(transport.calls.map { $0["Last-Event-ID"] } == ["2", "3"])
        #expect(transport.calls.map(\.target) == ["/v1/events?limit=3", "/v1/events?limit=2"])
        #expect(transport.calls.allSatisfy { $0.streams })
    }

    @Test func aStreamThatBreaksBeforeItsFirstEventGoesOnWhereItBegan() async throws {
        let lost = TransportFailure(.lost, "reset")
        let transport = ScriptedTransport([.pieces(["retry: 1000\n\nid: 41\n\n"], then: lost), .pieces([Sample.event(42)])])
        #expect(try await numbers(CloudClient.scripted(transport).events(limit: 1)) == [42])
        #expect(transport.calls.map { $0["Last-Event-ID"] } == [nil, "41"])
    }

    @Test func eventsThatAreGoneAreAProblem() async throws {
        let transport = ScriptedTransport([.answer(410, Sample.problem("events-gone", 410), fields: Sample.problemFields)])
        let stream = CloudClient.scripted(transport).events(after: 2)
        await #expect(throws: ClientError.self) { try await numbers(stream) }
        #expect(transport.calls.count == 1)
    }

    @Test func aStreamWithoutEndThatAlwaysBreaksIsGivenUp() async throws {
        let transport = ScriptedTransport(Array(repeating: .pieces([]), count: 100))
        let stream = CloudClient.scripted(transport).events()
        await #expect(throws: ClientError.self) { try await numbers(stream) }
    }

    @Test func aStreamUntilATimeEndsByItself() async throws {
        let transport = ScriptedTransport([.pieces([Sample.event(1)])])
        let stream = CloudClient.scripted(transport).events(after: 0, until: APITime("2026-02-03T09:00:00Z"))
        #expect(try await numbers(stream) == [1])
        #expect(transport.calls[0].target == "/v1/events?until=2026-02-03T09%3A00%3A00Z")
    }
}
