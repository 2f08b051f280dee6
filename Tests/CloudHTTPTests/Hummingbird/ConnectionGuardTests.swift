// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudModel
    import Foundation
    import Glibc
    import Testing

    /// What only a connection can do wrong: requests that are none, and ends that are slow, silent or many.
    @Suite(.serialized) struct ConnectionGuardTests {
        /// Bytes, and the status, code and reason that they are answered with.
        private static let unread: [(bytes: String, status: Int, code: ErrorCode, reason: UnreadRequest)] = [
            ("\u{0}\u{1}\u{2}\r\n\r\n", 405, .methodNotAllowed, .method),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", 405, .methodNotAllowed, .method),
            ("GET\r\n\r\n", 405, .methodNotAllowed, .method),
            ("BREW /v1 HTTP/1.1\r\nHost: x\r\n\r\n", 405, .methodNotAllowed, .method),
            ("GET /v1 HTTP/9.9\r\nHost: x\r\n\r\n", 400, .malformedRequest, .version),
            ("GET /v1\u{1} HTTP/1.1\r\nHost: x\r\n\r\n", 400, .malformedRequest, .target),
            ("GET /v1 HTTP/1.1\r\nbad header\r\n\r\n", 400, .malformedRequest, .field),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", 400, .malformedRequest, .field),
            ("GET /v1 HTTP/1.1\r\n\r\n", 400, .malformedRequest, .host),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, .malformedRequest, .host),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n", 400, .malformedRequest, .length),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, .malformedRequest, .length),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, .malformedRequest, .length),
            (
                "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                .malformedRequest, .other
            ),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "y", count: 100_000))\r\n\r\n", 431, .headersTooLarge, .headerLimit),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X: y\r\n", count: 5000))\r\n", 431, .headersTooLarge, .headerLimit),
            ("GET /\(String(repeating: "y", count: 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 431, .headersTooLarge, .headerLimit),
            ("GET /v1 HTTP/1.1\r\nHost: x", 400, .malformedRequest, .breaksOff),
        ]
        private static let fine = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

        @Test(arguments: Listening.Way.allCases) func whatIsNoRequestIsAnsweredWithAProblem(_ way: Listening.Way) async throws {
            try await Listening.with(way) { site, wire in
                for (bytes, status, code, reason) in Self.unread {
                    let answer = try await wire.exchange(bytes)
                    let shown = "\(bytes.prefix(60).debugDescription): \(answer)"
                    #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(shown)")
                    let problem = try Self.problem(answer)
                    #expect(problem.status == status && problem.code == code.rawValue, "\(shown)")
                    #expect(answer.lowercased().contains("connection: close") && answer.contains(problem.requestId ?? "none"))
                    if code == .malformedRequest { #expect(problem.parameters["reason"] == reason.rawValue, "\(shown)") }
                    if code == .methodNotAllowed { #expect(answer.contains("Allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")) }
                    #expect(site.records.value.last?.status == status)
                }
                #expect(try await wire.exchange(Self.fine).hasPrefix("HTTP/1.1 200"), "the next caller is served")
            }
        }

        @Test func everyReasonIsKnownInHungarian() {
            for reason in UnreadRequest.allCases where reason != .headerLimit {
                #expect(ErrorCatalogue.fill("{reason}", ["reason": reason.rawValue], in: .hungarian) != reason.rawValue)
            }
        }

        @Test func theAnswersBeforeItComeFirst() async throws {
            try await Listening.with { _, wire in
                let text = try await wire.exchange("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n")
                #expect(Self.statuses(text) == ["200", "405"], "\(text)")
                let longer = "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}} "
                let lies = try await wire.exchange(longer + "\r\n\r\n")
                #expect(Self.statuses(lies) == ["400", "405"], "the rest of a body that is longer than it says is no request: \(lies)")
            }
        }

        @Test(arguments: Language.allCases) func aBodyThatIsNoneIsRefusedByItsRouteInTheCallersLanguage(_ language: Language) async throws {
            try await Listening.with { site, wire in
                let head =
                    "POST /v1/instances HTTP/1.1\r\nHost: x\r\nAccept-Language: \(language.rawValue)\r\nContent-Type: application/json\r\n"
                let bodies = [
                    ("Transfer-Encoding: chunked\r\n\r\nZZ\r\n", UnreadRequest.chunk.rawValue),
                    ("Transfer-Encoding: chunked\r\n\r\n5\r\n{", "the body breaks off"),
                    ("Content-Length: 50\r\n\r\n{}", "the body breaks off"),
                ]
                for (body, reason) in bodies {
                    let answer = try await wire.exchange(head + body)
                    #expect(Self.statuses(answer) == ["400"], "\(answer)")
                    let problem = try Self.problem(answer)
                    let wanted = Problem(CloudError(.malformedRequest, ["pointer": "", "reason": reason]), in: language)
                    #expect(problem.detail == wanted.detail && problem.title == wanted.title)
                }
                #expect(try await site.send("GET", "/v1/instances").body(ListBody<InstanceBody>.self).items.isEmpty)
            }
        }

        @Test func aSlowBodyIsRefusedAndASlowHeaderIsCut() async throws {
            var limits = HTTPListener.Limits()
            (limits.patienceSeconds, limits.idleSeconds) = (1, 3)
            try await Listening.with(limits: limits) { site, wire in
                let head =
                    "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
                let slow = try await wire.exchange(head + "x", end: false)
                let problem = try Self.problem(slow)
                #expect(slow.hasPrefix("HTTP/1.1 408") && problem.code == "request-timeout", "\(slow)")
                #expect(site.uploads == 0)
                #expect(try await wire.exchange("GET /v1 HTTP/1.1\r\nHo", end: false).isEmpty)
                #expect(try await wire.exchange("", end: false).isEmpty)
            }
        }

        @Test func whoDoesNotReadIsCut() async throws {
            var limits = HTTPListener.Limits()
            limits.patienceSeconds = 1
            try await Listening.with(limits: limits) { _, wire in
                let many = String(repeating: "GET /v1/openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n", count: 200)
                let socket = try await wire.opened(many)
                defer { close(socket) }
                // The end is seen by what can be written: the daemon closes while most of its answers were never taken.
                var broken = pollfd(fd: socket, events: 0, revents: 0)
                #expect(poll(&broken, 1, 20_000) == 1 && Int32(broken.revents) & (POLLHUP | POLLERR) != 0)
            }
        }

        @Test func connectionsBeyondTheLimitWaitForAFreePlace() async throws {
            var limits = HTTPListener.Limits()
            limits.connections = 3
            try await Listening.with(limits: limits) { _, wire in
                var held: [Int32] = []
                for _ in 0..<3 {
                    held.append(try await wire.opened("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"))
                    #expect(try await Wire.piece(of: held[held.count - 1]).hasPrefix("HTTP/1.1 200"), "it has its place")
                }
                #expect(try await wire.exchange(Self.fine, limit: 1).isEmpty, "no place, no answer")
                close(held.removeLast())
                #expect(try await wire.exchange(Self.fine).hasPrefix("HTTP/1.1 200"))
                for socket in held { close(socket) }
            }
        }

        private static func statuses(_ text: String) -> [String] {
            text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
        }

        private static func problem(_ text: String) throws -> Problem {
            let body = try #require(text.range(of: "\r\n\r\n").map { text[$0.upperBound...] })
            #expect(text.contains("Content-Type: application/problem+json") || text.contains("content-type: application/problem+json"))
            return try APICoding.decodeAnswer(Problem.self, from: Data(body.utf8))
        }
    }
#endif
