// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudHTTP
    import Foundation
    import Glibc
    import Testing

    /// The API on real sockets, asked byte by byte: what only a connection can do wrong.
    @Suite(.serialized) struct HTTPListenerTests {
        @Test func theCallerOfAUnixSocketIsKnownByTheKernel() async throws {
            try await Listening.with { _, wire in
                let text = try await wire.exchange("GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 200"))
                #expect(text.contains("\"login\":\"admin\""))
                let wrong = try await wire.exchange(
                    "GET /v1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nonsense\r\nConnection: close\r\n\r\n")
                #expect(wrong.hasPrefix("HTTP/1.1 401"), "a wrong token is never overlooked in favour of the socket")
            }
        }

        @Test func severalRequestsFollowEachOtherOnOneConnection() async throws {
            try await Listening.with { _, wire in
                let one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                let bad = "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{\"}"
                let last = "GET /v1/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                let text = try await wire.exchange(one + bad + one + last)
                let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
                #expect(statuses == ["200", "400", "200", "404"])
            }
        }

        @Test func aBodyThatIsTooLargeIsRefusedWhereItSaysSoAndWhereItDoesNot() async throws {
            try await Listening.with { _, wire in
                let head = "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
                let body = String(repeating: " ", count: 10 << 20)
                let declared = try await wire.exchange(head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
                #expect(declared.hasPrefix("HTTP/1.1 413") && declared.contains("request-too-large"))
                let chunk = String(repeating: " ", count: 0x10000)
                let chunks = String(repeating: "10000\r\n\(chunk)\r\n", count: 160) + "0\r\n\r\n"
                let streamed = try await wire.exchange(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
                #expect(streamed.hasPrefix("HTTP/1.1 413") && streamed.contains("request-too-large"))
            }
        }

        @Test func aRequestThatBreaksOffLeavesNothingAndHoldsNothing() async throws {
            try await Listening.with { site, wire in
                for _ in 0..<20 {
                    let head =
                        "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
                    try await wire.send(head + String(repeating: "x", count: 5000))
                }
                let fine = try await wire.exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(fine.hasPrefix("HTTP/1.1 200"))
                #expect(site.uploads == 0)
            }
        }

        @Test func eventsAreStreamedInPieces() async throws {
            try await Listening.with { site, wire in
                _ = try await site.template()
                let text = try await wire.exchange(
                    "GET /v1/events?after=0&limit=3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(text.contains("text/event-stream") && text.components(separatedBy: "\nevent: ").count == 4)
            }
        }

        /// Its one place is free again, or the next request would be refused.
        @Test func whoGoesAwayWhileTheyWaitIsWaitedForNoLonger() async throws {
            try await Listening.with(figures: .init(rate: 1, burst: 1_000_000, concurrent: 1)) { _, wire in
                let ask = "GET /v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                let waiting = try await wire.opened("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
                while try await wire.exchange(ask).hasPrefix("HTTP/1.1 200") {}
                #expect(try await wire.exchange(ask).contains("calls-under-way"))
                close(waiting)
                let clock = ContinuousClock()
                // Sooner than the next quiet line, fifteen seconds on, would find the socket closed.
                let end = clock.now + .seconds(10)
                var answer = ""
                while !answer.hasPrefix("HTTP/1.1 200"), clock.now < end { answer = try await wire.exchange(ask) }
                #expect(answer.hasPrefix("HTTP/1.1 200"))
            }
        }

        @Test func anUpgradeIsAnsweredAsAnOrdinaryRequest() async throws {
            try await Listening.with { _, wire in
                for kind in ["websocket", "h2c"] {
                    let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: \(kind)\r\n"
                    let text = try await wire.exchange(head + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n", limit: 5)
                    #expect(text.hasPrefix("HTTP/1.1 200"), "\(kind)")
                }
            }
        }
    }
#endif
