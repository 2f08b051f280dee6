// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudCore
    import CloudHTTP
    import CloudModel
    import CloudSimulation
    import Foundation
    import Glibc
    import Testing

    /// Consoles over a real socket: who may open one, what passes, and how it ends.
    @Suite(.serialized) struct ConsoleTests {
        @Test func aTicketOpensTheDisplayOnce() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let ticket = try await site.ticket(id, "display")
                #expect(ticket.path == "/v1/console/" + ticket.ticket && ticket.subprotocol == "binary" && ticket.kind == "display")
                let console = try await WebSocketWire(wire, ticket.path)
                #expect(console.head.hasPrefix("HTTP/1.1 101"), "\(console.head)")
                // RFC 6455, 1.3: the answer to the sample key.
                #expect(console.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
                #expect(console.head.lowercased().contains("sec-websocket-protocol: binary"))
                #expect(try await console.bytes(12) == Array("RFB 003.008\n".utf8))
                try await console.send(WebSocketWire.frame(2, Array("RFB 003.008\n".utf8)))
                #expect(try await console.bytes(2) == [1, 1])
                let again = try await WebSocketWire(wire, ticket.path)
                #expect(again.head.hasPrefix("HTTP/1.1 403"))
                let activities = await site.send("GET", "/v1/instances/\(id)/activities")
                #expect(activities.text.contains("\"code\":\"console\"") && activities.text.contains("display"))
                #expect(!site.records.value.contains { "\($0)".contains(ticket.ticket) }, "the log has the ticket")
            }
        }

        @Test func theSerialLineSaysAgainWhatItIsToldInAnyFrames() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let console = try await WebSocketWire(wire, site.ticket(id).path)
                try await console.send(WebSocketWire.frame(2, Array("one ".utf8), fin: false))
                try await console.send(WebSocketWire.frame(9, Array("are you there".utf8)))
                try await console.send(WebSocketWire.frame(0, []) + WebSocketWire.frame(1, Array("two".utf8)))
                var (heard, pongs) = ("", [[UInt8]]())
                while heard != "one two", let frame = try await console.next() {
                    if frame.opcode == 10 { pongs.append(frame.bytes) } else { heard += String(decoding: frame.bytes, as: UTF8.self) }
                }
                #expect(heard == "one two" && pongs == [Array("are you there".utf8)])
                try await console.send(WebSocketWire.frame(8, [0x03, 0xE8]))
                #expect(try await console.goodbye() == 1000)
            }
        }

        @Test func whatStandsBehindTheHandshakeIsNotLost() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let behind = WebSocketWire.frame(2, Array("early".utf8)) + WebSocketWire.frame(2, Array(" bird".utf8)).dropLast(2)
                let console = try await WebSocketWire(wire, site.ticket(id).path, behind: Array(behind))
                try await console.send(Array(WebSocketWire.frame(2, Array(" bird".utf8)).suffix(2)))
                #expect(try await console.bytes(10) == Array("early bird".utf8))
            }
        }

        @Test func muchPassesBothWaysAndNothingIsLost() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let console = try await WebSocketWire(wire, site.ticket(id).path)
                let block = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                let message = WebSocketWire.frame(2, block)
                async let sent: Void = { for _ in 0..<4 { try await console.send(message) } }()
                var (count, isEqual) = (0, true)
                while count < 4 << 20, let frame = try await console.next(), frame.opcode == 2 {
                    for byte in frame.bytes {
                        isEqual = isEqual && byte == block[count & (1 << 20 - 1)]
                        count += 1
                    }
                }
                try await sent
                #expect(count == 4 << 20 && isEqual)
            }
        }

        @Test func rightsStatesAndOriginsAreChecked() async throws {
            try await Listening.with(change: { $0.consoleOrigins = ["https://portal.test"] }) { site, wire in
                let id = try await site.running()
                let anna = try await site.anna()
                func ask(_ body: String, as account: UInt32 = 0) async -> Reply {
                    await site.send("POST", "/v1/instances/\(id)/console", body, as: account)
                }
                #expect(await ask(#"{"kind":"display"}"#, as: 1001).status == 404, "foreign is as unknown")
                for bad in ["{}", #"{"kind":"vga"}"#, #"{"kind":"serial","host":"x"}"#, "[]", "", #"{"kind":null}"#] {
                    #expect([400, 422].contains(await ask(bad).status), "\(bad)")
                }
                let reply = try await wire.call("GET", "/v1/console/nonsense")
                #expect(reply.status == 426 && reply.fields["Upgrade"] == "websocket")
                for (fields, status) in [
                    ("Origin: http://evil.test\r\n", 403), ("Origin: null\r\n", 403), ("Origin: http://x.evil\r\n", 403),
                    ("Origin: http://127.0.0.1:20001\r\n", 403), ("Origin: http://x\r\nOrigin: http://x\r\n", 403),
                    ("Origin: http://x\r\n", 101), ("Origin: https://portal.test\r\n", 101), ("Origin: http://127.0.0.1\r\n", 101),
                    ("Authorization: Bearer nonsense\r\n", 401),
                ] {
                    let console = try await WebSocketWire(wire, site.ticket(id).path, fields: fields)
                    #expect(console.head.hasPrefix("HTTP/1.1 \(status)"), "\(fields) \(console.head)")
                }
                let foreign = try await WebSocketWire(wire, site.ticket(id).path, fields: "Authorization: Bearer \(anna.token)\r\n")
                #expect(foreign.head.hasPrefix("HTTP/1.1 403"))

                let old = try await site.ticket(id)
                site.passed.pass(.seconds(31))
                #expect(try await WebSocketWire(wire, old.path).head.hasPrefix("HTTP/1.1 403"), "expired")

                let stale = try await site.ticket(id)
                _ = try await site.act("/v1/instances/\(id)/suspend")
                #expect(await ask(#"{"kind":"serial"}"#).code == "state-forbids")
                _ = try await site.act("/v1/instances/\(id)/wake")
                let late = try await WebSocketWire(wire, stale.path)
                #expect(late.head.hasPrefix("HTTP/1.1 403") && !late.head.contains("fence"), "the instance has moved on")
            }
        }

        @Test func itEndsWithTheGuest() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let consoles = [
                    try await WebSocketWire(wire, site.ticket(id, "display").path), try await WebSocketWire(wire, site.ticket(id).path),
                ]
                _ = try await site.act("/v1/instances/\(id)/force-off")
                for console in consoles { #expect(try await console.goodbye() == 1001) }
                #expect(try await wire.call("GET", "/healthz").status == 200)
            }
        }

        @Test func itEndsWhenTheRightIsTakenAway() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let (anna, token) = try await site.anna()
                let grant = Grant(
                    id: site.cloud.world.ids.next(GrantKind.self), object: id, subject: anna.id.text, level: .operator, until: nil,
                    pinned: false, grantedBy: SimulatedSite.administrator)
                try await site.cloud.world.store.write { try $0.grants.insert(grant) }
                let (ticket, unused) = (try await site.ticket(id, as: 1001), try await site.ticket(id, as: 1001))
                let fields = "Authorization: Bearer \(token)\r\n"
                let console = try await WebSocketWire(wire, ticket.path, fields: fields)
                try await console.send(WebSocketWire.frame(2, Array("mine".utf8)))
                #expect(try await console.bytes(4) == Array("mine".utf8))
                try await site.cloud.world.store.write { try $0.grants.delete(grant.id) }
                let began = ContinuousClock.now
                #expect(try await console.goodbye() == 1008)
                #expect(ContinuousClock.now - began < .seconds(5), "invariant I31")
                #expect(try await WebSocketWire(wire, unused.path, fields: fields).head.hasPrefix("HTTP/1.1 403"))
            }
        }

        /// Security S23: a token is taken away, and what it opened is still open, or could yet be.
        @Test func itEndsWhenTheTokenBehindItIsRevoked() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let tokens = "/v1/users/\(SimulatedAdministrator.id)/tokens"
                let made = try await site.send("POST", tokens, #"{"label":"lost"}"#).body(TokenBody.self)
                func ticket() async throws -> ConsoleTicketBody {
                    let path = "/v1/instances/\(id)/console"
                    return try await site.send("POST", path, #"{"kind":"serial"}"#, as: nil, token: made.token).body(ConsoleTicketBody.self)
                }
                let (used, unused) = (try await ticket(), try await ticket())
                let console = try await WebSocketWire(wire, used.path)
                try await console.send(WebSocketWire.frame(2, Array("mine".utf8)))
                #expect(try await console.bytes(4) == Array("mine".utf8))
                #expect(await site.send("DELETE", "\(tokens)/\(made.id)").status == 200)
                let began = ContinuousClock.now
                #expect(try await console.goodbye() == 1008)
                #expect(ContinuousClock.now - began < .seconds(5), "invariant I31")
                #expect(try await WebSocketWire(wire, unused.path).head.hasPrefix("HTTP/1.1 403"))
            }
        }

        /// Whoever has closed a console is no longer served, so the daemon's end does not wait for them.
        @Test(arguments: [true, false]) func oneThatWasClosedHoldsNothingUp(bySayingGoodbye: Bool) async throws {
            try await Listening.with(.address, ending: .gracefully(within: .seconds(1))) { site, wire in
                let id = try await site.running()
                let console = try await WebSocketWire(wire, site.ticket(id).path)
                try await console.send(WebSocketWire.frame(2, Array("here".utf8)))
                #expect(try await console.bytes(4) == Array("here".utf8))
                guard bySayingGoodbye else { return }
                try await console.send(WebSocketWire.frame(8, [0x03, 0xE8]))
                #expect(try await console.goodbye() == 1000)
            }
        }

        @Test func onePersonHasNoMoreThanTheirShare() async throws {
            try await Listening.with(figures: .init(rate: 100_000, burst: 100_000, concurrent: 3)) { site, wire in
                let id = try await site.running()
                let open = [
                    try await WebSocketWire(wire, site.ticket(id, "display").path),
                    try await WebSocketWire(wire, site.ticket(id, "display").path),
                    try await WebSocketWire(wire, site.ticket(id, "display").path),
                ]
                for console in open { #expect(console.head.hasPrefix("HTTP/1.1 101")) }
                #expect(await site.send("GET", "/v1/instances").status == 429)
                try await open[0].send(WebSocketWire.frame(8, [0x03, 0xE8]))
                #expect(try await open[0].goodbye() == 1000)
                for _ in 0..<500 {
                    if await site.send("GET", "/v1/instances").status == 200 { return }
                    try await ContinuousClock().sleep(for: .milliseconds(10))
                }
                Issue.record("the place of a closed console is not given back")
            }
        }

        @Test func ticketsAreBoundedInNumber() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                var tickets: [ConsoleTicketBody] = []
                for _ in 0..<20 { tickets.append(try await site.ticket(id, "display")) }
                for (index, ticket) in tickets.enumerated() {
                    let console = try await WebSocketWire(wire, ticket.path)
                    #expect(console.head.hasPrefix(index < 4 ? "HTTP/1.1 403" : "HTTP/1.1 101"), "\(index)")
                }
            }
        }
    }
#endif
