// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import CloudModel
import Testing

/// A walk through the pages of a list while others come and go: what was there throughout comes once, nothing comes twice.
@Suite struct PagingTests {
    private func walk(_ site: Site, _ target: String, as account: UInt32, between: () async throws -> Void) async throws -> [String] {
        var (next, seen): (String?, [String]) = (target, [])
        while let place = next {
            let reply = await site.send("GET", place, as: account)
            seen += try reply.body(ListBody<InstanceBody>.self).items.map(\.id.text)
            next = reply.fields["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            try await between()
        }
        return seen
    }

    @Test func insertsAndDeletesBetweenPagesNeitherDoubleNorHide() async throws {
        try await Site.with { site in
            let template = try await site.template()
            _ = try await site.anna()
            // Those of others lie between one's own.
            var (mine, others) = ([String](), [String]())
            for round in 0..<4 {
                mine += try await site.act("/v1/instances", #"{"template":"\#(template)","name":"m\#(round)-%02d","count":6}"#, as: 1001)
                    .objects
                others += try await site.act("/v1/instances", #"{"template":"\#(template)","name":"o\#(round)-%02d","count":3}"#).objects
            }
            let (doomed, kept) = (Array(mine.prefix(8)), Set(mine.dropFirst(8)))
            var (left, made) = (doomed[...], [String]())
            let seen = try await walk(site, "/v1/instances?limit=5", as: 1001) {
                if let victim = left.popFirst() { _ = try await site.act("/v1/instances/\(victim)/destroy", as: 1001) }
                made += try await site.act("/v1/instances", #"{"template":"\#(template)","name":"n-\#(made.count)"}"#, as: 1001).objects
            }
            #expect(Set(seen).count == seen.count, "nothing twice")
            #expect(kept.isSubset(of: seen), "nothing missing that was there throughout")
            #expect(Set(seen).isSubset(of: kept.union(doomed).union(made)), "nothing of others")
            #expect(seen == seen.sorted() && left.count < doomed.count && !made.isEmpty)
        }
    }

    @Test func operationsComeOnceThoughNewOnesBegin() async throws {
        try await Site.with { site in
            let template = try await site.template()
            for index in 0..<9 { _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"a-\#(index)"}"#) }
            let before = try await site.send("GET", "/v1/operations?limit=500").body(ListBody<OperationBody>.self).items.map(\.id.text)
            var (next, seen, count): (String?, [String], Int) = ("/v1/operations?limit=4", [], 0)
            while let place = next {
                let reply = await site.send("GET", place)
                seen += try reply.body(ListBody<OperationBody>.self).items.map(\.id.text)
                next = reply.fields["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"b-\#(count)"}"#)
                count += 1
            }
            #expect(seen == before, "newest first, as it was when the walk began")
        }
    }
}
