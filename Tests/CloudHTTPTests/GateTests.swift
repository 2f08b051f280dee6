// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudModel
import CloudSimulation
import Foundation
import Testing

/// What comes before a route: methods, bodies, sign-in, limits, languages.
@Suite struct GateTests {
    @Test func everyRefusalIsAProblemInTheCallersLanguage() async throws {
        try await Site.with { site in
            let cases: [(String, String, String?, UInt32?, Fields, Int, String)] = [
                ("GET", "/v1/nowhere", nil, 0, [:], 404, "not-found"), ("GET", "/v1/instances/", nil, 0, [:], 404, "not-found"),
                ("GET", "//v1", nil, 0, [:], 404, "not-found"), ("DELETE", "/v1/instances", nil, 0, [:], 405, "method-not-allowed"),
                ("BREW", "/v1", nil, nil, [:], 405, "method-not-allowed"), ("GET", "/v1/instances", nil, nil, [:], 401, "not-signed-in"),
                ("GET", "/v1/instances", nil, 4711, [:], 401, "not-signed-in"),
                ("GET", "/v1/instances", nil, 0, ["Authorization": "Bearer wrong"], 401, "not-signed-in"),
                ("GET", "/v1/instances", nil, 0, ["Authorization": "Basic YTpi"], 401, "not-signed-in"),
                ("POST", "/v1/instances", "{\"a\":1,\"a\":1}", 0, [:], 400, "malformed-request"),
                ("POST", "/v1/instances", "{\"tmplate\":\"x\"}", 0, [:], 400, "malformed-request"),
                ("POST", "/v1/instances", "{}", 0, ["Content-Type": "text/plain"], 415, "unsupported-media-type"),
                ("POST", "/v1/instances", String(repeating: " ", count: 10 << 20), 0, [:], 413, "request-too-large"),
                ("POST", "/v1/instances", "{}", 0, ["Content-Length": "10000000"], 413, "request-too-large"),
                ("POST", "/v1/uploads", "x", 0, ["Content-Type": "application/json"], 415, "unsupported-media-type"),
                ("GET", "/v1/operations/op-1?wait=61", nil, 0, [:], 422, "invalid-field"),
                ("GET", "/v1/events?until=tomorrow", nil, 0, [:], 422, "invalid-field"),
                ("GET", "/v1/errors/nonsense", nil, nil, [:], 404, "not-found"),
            ]
            for (method, target, body, account, fields, status, code) in cases {
                for language in Language.allCases {
                    var fields = fields
                    fields["Accept-Language"] = language.rawValue
                    let reply = await site.send(method, target, body, as: account, fields: fields)
                    #expect(reply.status == status && reply.code == code, "\(method) \(target): \(reply.status) \(reply.text)")
                    let problem = try #require(reply.problem)
                    let known = try #require(ErrorCode(rawValue: code))
                    #expect(problem.title == ErrorCatalogue.text(of: known, in: language).title && problem.status == status)
                    #expect(problem.requestId == reply.fields["X-Request-Id"] && reply.fields["Content-Language"] == language.rawValue)
                    if status == 405 { #expect(reply.fields["Allow"]?.contains("GET") == true) }
                    if status == 401 { #expect(reply.fields["WWW-Authenticate"] != nil) }
                }
            }
            #expect(site.records.value.count == cases.count * 2)
            #expect(site.records.value.allSatisfy { $0.error != nil })
        }
    }

    @Test func headAndOptionsAreAnswered() async throws {
        try await Site.with { site in
            let head = await site.send("HEAD", "/v1", as: nil)
            let get = await site.send("GET", "/v1", as: nil)
            #expect(head.status == 200 && head.text.isEmpty && head.fields["Content-Length"] == "\(get.text.utf8.count)")
            let options = await site.send("OPTIONS", "/v1/instances", as: nil)
            #expect(options.status == 204 && options.fields["Allow"] == "GET, HEAD, OPTIONS, POST")
            #expect(await site.send("OPTIONS", "/v1/nowhere", as: nil).status == 404)
        }
    }

    @Test func aPathThatIsSpelledOutIsNoObjectsId() async throws {
        try await Site.with { site in
            let reply = await site.send("GET", "/v1/instances/renew")
            #expect(reply.status == 405 && reply.fields["Allow"] == "OPTIONS, POST")
        }
    }

    @Test func whatIsOpenIsOpen() async throws {
        try await Site.with { site in
            for path in ["/healthz", "/readyz", "/v1", "/v1/openapi.yaml", "/v1/errors", "/v1/errors/busy"] {
                #expect(await site.send("GET", path, as: nil).status == 200, "\(path)")
            }
            #expect(try await site.send("GET", "/v1", as: nil).body(DiscoveryBody.self).user == nil)
            let known = try await site.send("GET", "/v1").body(DiscoveryBody.self)
            #expect(known.user?.login == "admin" && known.links["listInstances"] == "/v1/instances")
            for code in ErrorCode.allCases {
                #expect(await site.send("GET", ErrorCatalogue.type(of: code), as: nil).status == 200)
            }
        }
    }

    @Test func aTokenIsGoodForItsUserAndIsNowhereKept() async throws {
        try await Site.with { site in
            let anna = try await site.anna()
            let known = try await site.send("GET", "/v1", as: nil, token: anna.token).body(DiscoveryBody.self)
            #expect(known.user?.login == "anna")
            #expect(anna.token.count == 43)
            #expect(try await site.cloud.world.store.dump().values.joined().allSatisfy { !$0.contains(anna.token) })
            #expect(site.records.value.allSatisfy { !"\($0)".contains(anna.token) })
            #expect(await site.send("GET", "/v1", as: nil, token: anna.token + "x").status == 401)
            var two = Fields()
            for token in [anna.token, "wrong"] { two.add("Authorization", "Bearer \(token)") }
            #expect(await site.send("GET", "/v1", as: nil, fields: two).status == 401)
        }
    }

    @Test func aTokenIsRefusedFromItsEndOnAndNotBefore() async throws {
        try await Site.with { site in
            let anna = try await site.anna()
            let made = try await site.send(
                "POST", "/v1/users/\(anna.user.id)/tokens", #"{"label":"exam","expiresAt":"2026-01-05T10:00:00Z"}"#
            )
            .body(TokenBody.self)
            #expect(made.expiresAt == APITime("2026-01-05T10:00:00Z"))
            site.clock.advance(by: .seconds(3600) - .milliseconds(1))
            #expect(await site.send("GET", "/v1/instances", as: nil, token: made.token).status == 200)
            site.clock.advance(by: .milliseconds(1))
            let refused = await site.send("GET", "/v1/instances", as: nil, token: made.token)
            #expect(refused.status == 401 && refused.code == "token-expired" && refused.fields["WWW-Authenticate"] != nil)
            #expect(refused.problem?.detail == "The time of the token \(made.id) (“exam”) is over.")
            #expect(await site.send("GET", "/v1/instances", as: 0, token: made.token).status == 401, "nor does the socket help it")
            #expect(await site.send("GET", "/v1/instances", as: nil, token: anna.token).status == 200, "hers without an end goes on")
        }
    }

    @Test func aStreamEndsWithTheTokenThatOpenedIt() async throws {
        try await Site.with { site in
            let anna = try await site.anna()
            let made = try await site.send("POST", "/v1/users/\(anna.user.id)/tokens", #"{"label":"x","expiresAt":"2026-01-05T10:00:00Z"}"#)
                .body(TokenBody.self)
            let call = Call(method: "GET", path: "/v1/events", fields: ["Authorization": "Bearer \(made.token)"])
            guard case .stream(let write) = await site.service.answer(call).body else {
                Issue.record("no stream")
                return
            }
            // Nobody ends it but the clock, which moves once the stream has begun.
            try await write { _ in site.clock.advance(by: .seconds(3600)) }
            #expect(await site.send("GET", "/v1/events", as: nil, token: made.token).code == "token-expired")
        }
    }

    @Test func aStreamEndsWithTheTokenThatIsRevokedUnderIt() async throws {
        try await Site.with { site in
            let anna = try await site.anna()
            let tokens = "/v1/users/\(anna.user.id)/tokens"
            let made = try await site.send("POST", tokens, #"{"label":"x"}"#).body(TokenBody.self)
            let call = Call(method: "GET", path: "/v1/events", fields: ["Authorization": "Bearer \(made.token)"])
            guard case .stream(let write) = await site.service.answer(call).body else {
                Issue.record("no stream")
                return
            }
            // Nobody ends it but the revocation, which comes once the stream has begun.
            try await write { _ in
                let revoked = await site.send("DELETE", "\(tokens)/\(made.id)")
                #expect(revoked.status == 200, "\(revoked.text)")
            }
            #expect(await site.send("GET", "/v1/events", as: nil, token: made.token).code == "not-signed-in")
        }
    }

    /// Security S23: a token is taken away, and whoever has it goes on using it.
    @Test(arguments: ["end-user", "teacher"]) func aRevokedTokenIsRefusedFromTheNextCallOn(role: String) async throws {
        try await Site.with { site in
            let body = #"{"login":"ada","role":"\#(role)"}"#
            let ada = try await site.send("POST", "/v1/users", body).body(UserBody.self)
            let tokens = "/v1/users/\(ada.id)/tokens"
            let hers = try await site.send("POST", tokens, #"{"label":"laptop"}"#).body(TokenBody.self)
            let lost = try await site.send("POST", tokens, #"{"label":"phone","expiresAt":"2026-01-05T10:00:00Z"}"#).body(TokenBody.self)
            func status(_ text: String) async -> Int {
                let answer = await site.send("GET", "/v1/instances", as: nil, token: text)
                return answer.status
            }

            let listed = await site.send("GET", tokens, as: nil, token: hers.token)
            let rows = try listed.body(ListBody<AccessTokenBody>.self).items
            #expect(Set(rows.map(\.id)) == [hers.id, lost.id] && rows.count == 2)
            let row = try #require(rows.first { $0.id == lost.id })
            #expect(row.label == "phone" && row.user == ada.id && row.expiresAt == lost.expiresAt)
            #expect(row.createdAt == APITime(site.clock.now()))
            for text in [hers.token, lost.token] {
                #expect(!listed.text.contains(text) && !listed.text.contains(BearerToken.hash(of: text)))
            }
            #expect(await status(lost.token) == 200)

            let revoked = await site.send("DELETE", "\(tokens)/\(lost.id)", as: nil, token: hers.token)
            #expect(revoked.status == 200, "\(revoked.text)")
            #expect(try revoked.body(AccessTokenBody.self) == row)
            let refused = await site.send("GET", "/v1/instances", as: nil, token: lost.token)
            #expect(refused.status == 401 && refused.code == "not-signed-in")
            #expect(await site.send("GET", "/v1/instances", as: 0, token: lost.token).status == 401, "nor does the socket help it")
            #expect(await status(hers.token) == 200, "her other one goes on")
            #expect(try await site.send("GET", tokens).body(ListBody<AccessTokenBody>.self).items.map(\.id) == [hers.id])

            try await site.untouched("a repeat") {
                let again = await site.send("DELETE", "\(tokens)/\(lost.id)", as: nil, token: hers.token)
                #expect(again.status == 200 && again.text == revoked.text)
            }
            let notes = try await site.cloud.world.store.read { try $0.activities.all(.equals(.object, .text(ada.id.text))) }
            let note = notes.filter { $0.code == "revoke-token" }
            #expect(note.map(\.parameters) == [["token": lost.id.text]] && note.map(\.actor) == [ada.id])

            #expect(await site.send("DELETE", "\(tokens)/\(hers.id)", as: nil, token: hers.token).status == 200, "the call's own")
            #expect(await status(hers.token) == 401)
        }
    }

    @Test func tokensAreForTheirPersonAndForSiteOperators() async throws {
        try await Site.with { site in
            let anna = try await site.anna()
            let bela = try await site.send("POST", "/v1/users", #"{"login":"bela","role":"teacher"}"#).body(UserBody.self)
            let (annas, belas) = ("/v1/users/\(anna.user.id)/tokens", "/v1/users/\(bela.id)/tokens")
            let his = try await site.send("POST", belas, #"{"label":"desk"}"#).body(TokenBody.self)
            let laptop = try #require(try await site.send("GET", annas).body(ListBody<AccessTokenBody>.self).items.first)
            try await site.untouched("a stranger") {
                for (method, path) in [("GET", annas), ("DELETE", "\(annas)/\(laptop.id)"), ("DELETE", "\(belas)/\(laptop.id)")] {
                    let reply = await site.send(method, path, as: nil, token: his.token)
                    #expect(reply.status == 404 && reply.code == "not-found", "\(method) \(path): \(reply.text)")
                    #expect(await site.send(method, path, as: nil).status == 401, "\(method) \(path)")
                }
                #expect(await site.send("DELETE", "\(belas)/\(laptop.id)").status == 404, "nor under another's name")
            }
            #expect(await site.send("GET", "/v1/instances", as: nil, token: anna.token).status == 200)
            #expect(await site.send("DELETE", "\(annas)/\(laptop.id)").status == 200, "a site operator")
            #expect(await site.send("GET", "/v1/instances", as: nil, token: anna.token).status == 401)
        }
    }

    @Test(arguments: ["2026-01-05T09:00:00Z", "1970-01-01T00:00:00Z", "tomorrow", ""]) func aTokenEndsInTheFuture(_ end: String)
        async throws
    {
        try await Site.with { site in
            let anna = try await site.anna()
            let reply = await site.send("POST", "/v1/users/\(anna.user.id)/tokens", #"{"label":"x","expiresAt":"\#(end)"}"#)
            #expect(reply.status == 422 && reply.problem?.parameters["pointer"] == "/expiresAt", "\(reply.text)")
        }
    }

    @Test func twoKeysForOneRequestAreRefused() async throws {
        try await Site.with { site in
            var two = Fields()
            for key in ["one", "two"] { two.add("Idempotency-Key", key) }
            let answer = await site.send("POST", "/v1/users", #"{"login":"cili"}"#, fields: two)
            #expect(answer.status == 422 && answer.problem?.parameters["pointer"] == "Idempotency-Key:")
            #expect(await site.send("POST", "/v1/users", #"{"login":"cili"}"#).status < 300, "nothing was made")
        }
    }

    @Test func tooManyRequestsAreToldWhenToComeBack() async throws {
        try await Site.with(figures: .init(rate: 2, burst: 5, concurrent: 3)) { site in
            var statuses: [Int] = []
            for _ in 0..<6 { statuses.append(await site.send("GET", "/v1/groups").status) }
            #expect(statuses == [200, 200, 200, 200, 200, 429])
            let refused = await site.send("GET", "/v1/groups")
            #expect(refused.fields["Retry-After"] == "1" && refused.code == "rate-limited")
            for account in [nil, 0 as UInt32?] { #expect(await site.send("GET", "/healthz", as: account).status == 200) }
            site.passed.pass(.seconds(1))
            statuses = []
            for _ in 0..<3 { statuses.append(await site.send("GET", "/v1/groups").status) }
            #expect(statuses == [200, 200, 429])
        }
    }

    @Test func aStreamThatNeverBeginsKeepsNoPlace() async throws {
        try await Site.with(figures: .init(rate: 100, burst: 100, concurrent: 1)) { site in
            let call = Call(
                method: "GET", path: "/v1/events", query: "limit=1", fields: [:], body: WholeBytes([]), peer: .account(userID: 0))
            // The other end is gone before the head of the answer: nobody runs the stream's function, the answer is only let go.
            for _ in 0..<3 {
                let answer = await site.service.answer(call)
                #expect(answer.status == 200)
                #expect(await site.send("GET", "/v1/groups").status == 429, "an answer that somebody holds is under way")
                withExtendedLifetime(answer) {}
            }
            #expect(await site.send("GET", "/v1/groups").status == 200)
            struct Gone: Error {}
            if case .stream(let write) = await site.service.answer(call).body {
                await #expect(throws: Gone.self) { try await write { _ in throw Gone() } }
                #expect(await site.send("GET", "/v1/groups").status == 200, "a stream that broke off has ended, whoever still holds it")
                withExtendedLifetime(write) {}
            }
        }
    }

    @Test func aRequestIDIsKeptWhereItIsPlain() async throws {
        try await Site.with { site in
            #expect(await site.send("GET", "/v1", fields: ["X-Request-Id": "abc-1.2"]).fields["X-Request-Id"] == "abc-1.2")
            let other = await site.send("GET", "/v1", fields: ["X-Request-Id": "a\nb"]).fields["X-Request-Id"]
            #expect(other?.hasPrefix("req-") == true)
        }
    }
}
