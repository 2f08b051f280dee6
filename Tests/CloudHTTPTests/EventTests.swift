// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudModel
import CloudSimulation
import Foundation
import Testing

@Suite struct EventTests {
    private func events(_ reply: Reply) throws -> [EventBody] {
        #expect(reply.fields["Content-Type"] == "text/event-stream", "\(reply.text)")
        return try reply.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map {
            try APICoding.decodeAnswer(EventBody.self, from: Data($0.dropFirst(6).utf8))
        }
    }

    @Test func eventsComeInOrderOnlyThoseThatMayBeSeenAndGoOnWhereTheyWereCut() async throws {
        try await Site.with { site in
            let template = try await site.template()
            _ = try await site.anna()
            _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"of-admin"}"#)
            let mine = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"m-%d","count":3}"#, as: 1001)
            let seen = try events(await site.send("GET", "/v1/events?after=0&limit=3", as: 1001)).filter { $0.object.hasPrefix("vm-") }
            #expect(Set(seen.map(\.object)).isSubset(of: Set(mine.objects)))
            let all = try events(await site.send("GET", "/v1/events?after=0&limit=5"))
            #expect(all.map(\.number) == all.map(\.number).sorted() && all.count == 5)
            let rest = try events(
                await site.send("GET", "/v1/events?limit=2", fields: ["Last-Event-ID": "\(all[2].number)"]))
            #expect(rest == Array(all[3...4]))
        }
    }

    @Test func whoComesBackAfterAWeekIsToldToReadTheListsAgain() async throws {
        try await Site.with { site in
            _ = try await site.template()
            site.clock.advance(by: .seconds(8 * 86_400))
            let last = try #require(try await Collector(cloud: site.cloud).pass().events)
            for fields: Fields in [["Last-Event-ID": "1"], ["Last-Event-ID": "\(last - 1)"]] {
                let reply = await site.send("GET", "/v1/events", fields: fields)
                #expect(reply.status == 410 && reply.code == "events-gone", "\(reply.text)")
                #expect(reply.problem?.next == "Read the lists again, then follow the events from now on.")
            }
            let until = "until=2000-01-01T00:00:00Z"
            #expect(
                await site.send("GET", "/v1/events?\(until)", fields: ["Last-Event-ID": "\(last)"]).status == 200, "nothing is lost yet")
            #expect(try events(await site.send("GET", "/v1/events?after=0&\(until)")).map(\.number) == [last + 1], "0 is: all that is kept")
        }
    }

    @Test func aStreamEndsAtItsTime() async throws {
        try await Site.with { site in
            let reply = await site.send("GET", "/v1/events?after=0&until=2000-01-01T00:00:00Z")
            #expect(reply.status == 200 && reply.text.hasPrefix("retry: 1000\n\n"))
            #expect(await site.send("HEAD", "/v1/events").text.isEmpty)
        }
    }
}
