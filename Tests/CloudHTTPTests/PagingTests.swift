// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudModel
import CloudSimulation
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

    private struct Named: Codable, Sendable { let id: String }

    /// What a site has many of, apart from what it makes itself: `add` makes one more of each.
    private func add(_ number: UInt64, to site: Site, _ instance: ID<InstanceKind>) async throws {
        let (admin, now) = (try await site.cloud.principal(login: "admin").user, site.clock.now())
        try await site.cloud.world.store.write { tx in
            let port = try #require(try tx.ports.first(.equals(.instance, .id(instance))))
            let name = try DisplayName("n-\(number)")
            try tx.users.insert(
                User(id: ID(bits: 9, number), login: name.text, name: name, role: .endUser, personalGroup: .everybody, keys: []))
            try tx.groups.insert(Group(id: ID(bits: 9, number), name: name, owner: admin))
            try tx.memberships.insert(Membership(group: ID(bits: 9, number), user: admin))
            try tx.hosts.insert(
                CloudHost(id: ID(bits: 9, number), name: name, state: .passive, reserve: .gibibytes(1), cpuRatio: 1, store: ID(bits: 9, 9)))
            try tx.forwardedPorts.insert(
                ForwardedPort(
                    id: ID(bits: 9, number), instance: instance, port: port.id, network: port.network, transport: .tcp,
                    publicPort: 30_000 - UInt16(number), targetPort: 22, createdAt: now))
        }
    }

    @Test func everyListOfTheSiteIsPagedInTheSameWay() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"one"}"#).objects
            let instance: ID<InstanceKind> = try #require(ID(made[0]))
            for number in 10..<17 { try await add(UInt64(number), to: site, instance) }
            for (index, list) in ["/v1/users", "/v1/hosts", "/v1/groups", "/v1/instances/\(instance)/forwarded-ports"].enumerated() {
                let all = try await site.send("GET", list).body(ListBody<Named>.self).items.map(\.id)
                #expect(all.count >= 7 && all == all.sorted(), "\(list)")
                var (next, pages): (String?, [[String]]) = ("\(list)?limit=2", [])
                while let place = next {
                    let reply = await site.send("GET", place)
                    let body = try reply.body(ListBody<Named>.self)
                    pages.append(body.items.map(\.id))
                    next = reply.fields["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                    #expect((next == nil) == (body.next == nil))
                    // One that comes before what was read, and one behind it all.
                    if pages.count == 2 {
                        try await add(UInt64(index + 1), to: site, instance)
                        try await add(UInt64(index + 100), to: site, instance)
                    }
                }
                #expect(pages.dropLast().allSatisfy { $0.count == 2 } && pages.count > 3, "\(list): \(pages)")
                let seen = pages.flatMap { $0 }
                #expect(seen == seen.sorted() && Set(seen).count == seen.count && Set(all).isSubset(of: seen), "\(list): \(seen)")
                #expect(await site.send("GET", "\(list)?cursor=nonsense").code == "invalid-field")
                #expect(await site.send("GET", "\(list)?limit=501").code == "invalid-field")
            }
        }
    }

    @Test func aCursorIsOfItsListAndOfWhatWasAsked() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"lab-%02d","count":3}"#).objects
            let next = try #require(try await site.send("GET", "/v1/instances?limit=1").body(ListBody<Named>.self).next)
            let rest = try await site.send("GET", "/v1/instances?limit=500&cursor=\(next)").body(ListBody<Named>.self)
            #expect(rest.items.count == 2, "how many come at once is no other question")
            for other in ["/v1/templates?", "/v1/operations?", "/v1/instances?trash=true&", "/v1/instances/\(made[0])/forwarded-ports?"] {
                let reply = await site.send("GET", "\(other)cursor=\(next)")
                #expect(reply.status == 422 && reply.code == "invalid-field", "\(other)")
            }
        }
    }

    @Test func aPageShowsNobodyMoreThanTheListDid() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let anna = try await site.anna()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"one"}"#).objects
            #expect(try await site.send("GET", "/v1/users?limit=1", as: 1001).body(ListBody<UserBody>.self).items == [anna.user])
            #expect(try await site.send("GET", "/v1/hosts?limit=1", as: 1001).body(ListBody<HostBody>.self).items.isEmpty)
            let groups = try await site.send("GET", "/v1/groups", as: 1001).body(ListBody<GroupBody>.self).items
            #expect(Set(groups.map(\.id)) == [.everybody, anna.user.personalGroup])
            #expect(await site.send("GET", "/v1/instances/\(made[0])/forwarded-ports", as: 1001).status == 404)
        }
    }

    @Test func activitiesComeOnceThoughNewOnesBegin() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"one"}"#).objects
            let instance: ID<InstanceKind> = try #require(ID(made[0]))
            let now = site.clock.now()
            func add(_ numbers: Range<UInt64>, at moment: Timestamp) async throws {
                try await site.cloud.world.store.write { tx in
                    for number in numbers {
                        try tx.activities.insert(
                            Activity(
                                id: ID(bits: 9, number), object: instance.text, code: "start", parameters: [:], actor: nil, operation: nil,
                                startedAt: moment, endedAt: nil, outcome: nil))
                    }
                }
            }
            // Many begin in one moment, and a page may end among them.
            try await add(10..<17, at: now + .seconds(1))
            try await add(20..<25, at: now + .seconds(2))
            let list = "/v1/instances/\(instance)/activities"
            let all = try await site.send("GET", list).body(ListBody<Named>.self).items.map(\.id)
            #expect(all.count > 12 && Set(all).count == all.count, "\(all)")
            var (next, seen, count): (String?, [String], UInt64) = ("\(list)?limit=3", [], 30)
            while let place = next {
                let reply = await site.send("GET", place)
                let body = try reply.body(ListBody<Named>.self)
                seen += body.items.map(\.id)
                next = reply.fields["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                #expect((next == nil) == (body.next == nil))
                try await add(count..<count + 1, at: now + .seconds(60))
                count += 1
            }
            #expect(seen == all, "newest first, as it was when the walk began")
            #expect(await site.send("GET", "\(list)?cursor=nonsense").code == "invalid-field")
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
