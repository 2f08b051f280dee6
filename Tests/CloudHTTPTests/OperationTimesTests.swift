// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import Testing

@Suite("An operation that has ended says when, in every answer; one that has not, in none")
struct OperationTimesTests {
    @Test func everyAnswerAgrees() async throws {
        try await Site.with { site in
            let template = try await site.template()
            for _ in 0..<5 {
                let body = #"{"template":"\#(template)","count":2,"start":true}"#
                let begun = try await site.send("POST", "/v1/instances", body).body(OperationBody.self)
                #expect(begun.startedAt != nil && (begun.endedAt != nil) == begun.ended, "\(begun)")
                for operation in [begun.id] + begun.children {
                    let ended = try await site.ended("/v1/operations/\(operation)").body(OperationBody.self)
                    #expect(ended.ended && ended.startedAt != nil && ended.endedAt != nil, "\(ended)")
                }
            }
            let list = try await site.send("GET", "/v1/operations").body(ListBody<OperationBody>.self).items
            #expect(list.count > 10)
            #expect(list.allSatisfy { $0.startedAt != nil && ($0.endedAt != nil) == $0.ended }, "\(list)")
        }
    }

    @Test func whatWasCancelledSaysSoAndDidNotFail() async throws {
        // The guest boots for a day of a clock that stands still: its start waits until it is cancelled.
        try await Site.with(bootTime: .seconds(86_400)) { site in
            let template = try await site.template()
            let instance = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"slow"}"#).objects[0]
            let begun = try await site.send("POST", "/v1/instances/\(instance)/start", "{}").body(OperationBody.self)
            #expect(begun.outcome == nil)
            #expect(await site.send("POST", "/v1/operations/\(begun.id)/cancel", "{}").status == 202)
            let ended = try await site.ended("/v1/operations/\(begun.id)").body(OperationBody.self)
            #expect(ended.state == "undone" && ended.outcome == "cancelled" && ended.failure?.code == "cancelled", "\(ended)")
            let listed = try await site.send("GET", "/v1/operations?limit=1").body(ListBody<OperationBody>.self).items
            #expect(listed.map(\.outcome) == ["cancelled"])
        }
    }

    @Test func anEventFromTheFutureIsNotThere() async throws {
        try await Site.with { site in
            _ = try await site.template()
            let reply = await site.send("GET", "/v1/events?after=1000000&until=2000-01-01T00:00:00Z")
            #expect(reply.status == 410 && reply.code == "events-gone", "\(reply.text)")
            let newest = try #require(reply.problem?.parameters["newest"])
            #expect(await site.send("GET", "/v1/events?after=\(newest)&until=2000-01-01T00:00:00Z").status == 200)
        }
    }

    @Test func aLoginThatIsNoneIsSaidOfTheLogin() async throws {
        try await Site.with { site in
            let reply = await site.send("POST", "/v1/users", #"{"login":""}"#)
            #expect(reply.status == 422 && reply.problem?.parameters["pointer"] == "/login", "\(reply.text)")
        }
    }
}
