// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudSimulation
    import Foundation
    import Glibc
    import Testing

    /// Whoever breaks the rules of WebSocket is told so and cut off; nobody else notices.
    @Suite(.serialized) struct BrokenWebSocketTests {
        private static func frame(
            _ opcode: UInt8, _ bytes: [UInt8], fin: Bool = true, masked: Bool = true, length: UInt64? = nil
        ) -> [UInt8] { WebSocketWire.frame(opcode, bytes, fin: fin, masked: masked, length: length) }

        @Test func whatBreaksTheProtocolEndsWithItsCode() async throws {
            let cases: [(String, [UInt8], Int)] = [
                ("not masked", Self.frame(2, [1, 2, 3], masked: false), 1002),
                ("reserved bit", [0xC2, 0x80, 0, 0, 0, 0], 1002),
                ("unknown opcode", Self.frame(3, []), 1002),
                ("unknown control opcode", Self.frame(11, []), 1002),
                ("control frame of 126", Self.frame(9, [UInt8](repeating: 1, count: 126)), 1002),
                ("control frame in pieces", Self.frame(9, [1], fin: false), 1002),
                ("a continuation of nothing", Self.frame(0, [1]), 1002),
                ("a message within a message", Self.frame(2, [1], fin: false) + Self.frame(2, [2]), 1002),
                ("a frame of 1 MiB and one byte", Self.frame(2, [], length: 1 << 20 + 1), 1009),
                ("a frame of 1 GiB", Self.frame(2, [], length: 1 << 30), 1009),
                ("a frame of 2^63", Self.frame(2, [], length: 1 << 63), 1009),
                ("text for a display", Self.frame(1, Array("hello".utf8)), 1003),
                ("a goodbye of one byte", Self.frame(8, [3]), 1002),
                ("a goodbye with a code that may not be sent", Self.frame(8, [0x03, 0xED]), 1002),
                ("a goodbye without a code", Self.frame(8, []), 1000),
            ]
            try await Listening.with { site, wire in
                let id = try await site.running()
                for (name, bytes, code) in cases {
                    let console = try await WebSocketWire(wire, site.ticket(id, "display").path)
                    try await console.send(bytes + [UInt8](repeating: 0xAA, count: 100_000))
                    #expect(try await console.goodbye() == code, "\(name)")
                }
                #expect(try await wire.call("GET", "/healthz").status == 200)
            }
        }

        @Test func anyOtherUpgradeIsAPlainRequestAndNobodyHangs() async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                let ask = "Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                for (line, fields, status) in [
                    ("GET /healthz", ask + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", 200),
                    ("GET /v1/instances", ask + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", 200),
                    ("GET /v1/nowhere", ask + "Upgrade: TLS/1.0, h2c\r\n", 404),
                    ("GET /v1/console/x", ask + "Upgrade: h2c\r\n", 426),
                    ("GET /v1/console/x", ask + "Upgrade: websocket\r\n", 426),
                    ("GET /v1/console/x", ask + "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n", 426),
                    ("GET /v1/console/x", ask + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", 422),
                    (
                        "GET /v1/console/x",
                        ask + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(WebSocketWire.key)\r\n", 403
                    ),
                    ("POST /v1/console/x", ask + "Upgrade: websocket\r\nContent-Length: 0\r\n", 405),
                    ("GET /v1/console/x/", ask + "Upgrade: websocket\r\n", 404),
                ] {
                    // Both left open at our end: whoever waited for a second request would wait for ever.
                    let text = try await wire.exchange("\(line) HTTP/1.1\r\n\(fields)\r\n", end: false, limit: 10)
                    #expect(text.hasPrefix("HTTP/1.1 \(status)"), "\(line) \(fields) \(text.prefix(300))")
                    #expect(text.lowercased().contains("connection: close"), "\(line) \(fields)")
                }
                let two = try await wire.exchange(
                    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n\(ask)Upgrade: h2c\r\n\r\nGET /v1 HTTP/1.1\r\nHost: x\r\n\r\n",
                    end: false, limit: 10)
                #expect(two.components(separatedBy: "HTTP/1.1 200").count == 3, "\(two)")
                _ = id
            }
        }

        @Test func halfAHandshakeCostsNobodyAnything() async throws {
            try await Listening.with(limits: .init(connections: 20, idleSeconds: 1)) { site, wire in
                let id = try await site.running()
                let ticket = try await site.ticket(id)
                var open: [Int32] = []
                for _ in 0..<15 {
                    open.append(try await wire.opened("GET \(ticket.path) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConn"))
                }
                let console = try await WebSocketWire(wire, ticket.path)
                #expect(console.head.hasPrefix("HTTP/1.1 101"))
                for socket in open {
                    #expect(try await Wire.piece(of: socket).isEmpty, "closed after a second")
                    close(socket)
                }
            }
        }

        @Test func whoIsSilentIsPingedAndThenClosed() async throws {
            try await Listening.with(limits: .init(idleSeconds: 1)) { site, wire in
                let id = try await site.running()
                let console = try await WebSocketWire(wire, site.ticket(id).path, limit: 10)
                let began = ContinuousClock.now
                #expect(try await console.next() == nil)
                #expect(ContinuousClock.now - began < .seconds(8))
            }
        }

        @Test func whoTakesNothingIsClosedAndTheOthersGoOn() async throws {
            try await Listening.with(limits: .init(idleSeconds: 60, patienceSeconds: 1)) { site, wire in
                let id = try await site.running()
                let console = try await WebSocketWire(wire, site.ticket(id).path, limit: 10)
                console.holdsLittle()
                // A serial line that says everything again, and nobody who listens to it.
                let frame = Self.frame(2, [UInt8](repeating: 7, count: 1 << 16))
                async let flood: Int = {
                    var taken = 0
                    for _ in 0..<512 { taken += try await console.send(frame) }
                    return taken
                }()
                let other = try await WebSocketWire(wire, site.ticket(id, "display").path)
                try await other.send(WebSocketWire.frame(2, Array("RFB 003.008\n".utf8)))
                #expect(try await other.bytes(14).suffix(2) == [1, 1])
                let began = ContinuousClock.now
                let taken = try await flood
                #expect(taken < 512 * frame.count, "what nobody takes is held without a bound")
                #expect(ContinuousClock.now - began < .seconds(8), "closed after the patience")
                while let frame = try await console.next(), frame.opcode == 2 {}
                #expect(try await wire.call("GET", "/healthz").status == 200)
            }
        }

        /// Whatever comes after the handshake or with it, the daemon lives: random byte strings, whole frames among them.
        @Test(arguments: [1, 2, 3]) func noBytesTrap(seed: UInt64) async throws {
            try await Listening.with { site, wire in
                let id = try await site.running()
                var random = SplitMix64(seed: seed)
                for round in 0..<Self.rounds {
                    var bytes: [UInt8] = []
                    for _ in 0..<Int.random(in: 1...6, using: &random) { bytes += Self.piece(&random) }
                    let ticket = try await site.ticket(id, round % 2 == 0 ? "display" : "serial")
                    let console = try await WebSocketWire(wire, ticket.path, behind: round % 4 < 2 ? bytes : [])
                    if round % 4 >= 2 { try await console.send(bytes) }
                    // Half of them say that nothing more will come, and listen to the end; the others just go.
                    if round % 3 == 0 {
                        shutdown(console.socket, Int32(SHUT_WR))
                        while try await console.next() != nil {}
                    }
                }
                #expect(try await wire.call("GET", "/healthz").status == 200)
                // Nothing of them is left: a new one works.
                let last = try await WebSocketWire(wire, site.ticket(id).path)
                try await last.send(Self.frame(2, Array("still here".utf8)))
                #expect(try await last.bytes(10) == Array("still here".utf8))
            }
        }

        /// Byte strings for each seed; LYCEUM_FUZZ_ROUNDS for more of them.
        private static let rounds = ProcessInfo.processInfo.environment["LYCEUM_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 120

        private static func piece(_ random: inout SplitMix64) -> [UInt8] {
            let junk = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let opcode = [UInt8.random(in: 0...15, using: &random), 0, 1, 2, 8, 9, 10].randomElement(using: &random) ?? 2
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return junk
            case 1: return frame(opcode, junk, fin: Bool.random(using: &random))
            case 2: return frame(opcode, Array(junk.prefix(125)), fin: Int.random(in: 0..<8, using: &random) > 0)
            case 3: return frame(2, junk, length: UInt64.random(in: 0...UInt64.max, using: &random))
            case 4: return frame(2, junk, length: UInt64(Int.random(in: 0...300, using: &random)))
            default: return frame(2, Array("RFB 003.008\n".utf8) + [1, 1] + junk)
            }
        }
    }
#endif
