// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudModel
import Foundation
import Testing

@Suite struct CloudServiceTests {
    @Test func aTemplateBecomesMachinesOverTheAPI() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let anna = try await site.anna()
            let begun = await site.send(
                "POST", "/v1/instances", #"{"template":"\#(template)","name":"lab-%02d","count":3,"start":true}"#, as: nil,
                token: anna.token)
            #expect(begun.status == 202)
            let operation = try begun.body(OperationBody.self)
            #expect(operation.objects.count == 3 && begun.fields["Location"] == "/v1/operations/\(operation.id)")
            let whole = try await site.ended("/v1/operations/\(operation.id)", as: 1001).body(OperationBody.self)
            #expect(whole.outcome == "done" && whole.children.count == 3 && whole.principal == anna.user.id)
            for child in whole.children {
                let start = try await site.ended("/v1/operations/\(child)", as: 1001).body(OperationBody.self)
                #expect(start.outcome == "done" && start.parent == operation.id && start.percent == 100 && !start.steps.isEmpty)
            }
            let list = try await site.send("GET", "/v1/instances", as: 1001).body(ListBody<InstanceBody>.self)
            #expect(list.items.map(\.name).sorted() == ["lab-01", "lab-02", "lab-03"])
            #expect(list.items.allSatisfy { $0.state == "running" && $0.ready && $0.addresses.count == 1 && $0.connection != nil })
            let id = try #require(list.items.first?.id)
            #expect(try await site.act("/v1/instances/\(id)/forwarded-ports", #"{"targetPort":22}"#, as: 1001).outcome == "done")
            let one = await site.send("GET", "/v1/instances/\(id)", as: 1001)
            let connection = try #require(try one.body(InstanceBody.self).connection)
            #expect(connection.address == "127.0.0.1" && connection.command == "ssh -p \(connection.port) root@127.0.0.1")
            #expect(one.fields["ETag"] == "\"1\"")
            for verb in ["suspend", "wake", "force-off", "start", "shut-down", "destroy"] {
                let ended = try await site.act("/v1/instances/\(id)/\(verb)", as: 1001)
                #expect(ended.outcome == "done", "\(verb): \(ended)")
            }
            let activities = try await site.send("GET", "/v1/instances/\(id)/activities", as: 1001).body(ListBody<ActivityBody>.self)
            #expect(activities.items.contains { $0.code == "destroy" && $0.endedAt != nil })
            #expect(try await site.send("GET", "/v1/instances?trash=true", as: 1001).body(ListBody<InstanceBody>.self).items.count == 3)
        }
    }

    @Test func whoDidWhatToAnObjectIsToldToWhoMaySeeIt() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let anna = try await site.anna().user.id
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine"}"#).object
            func codes(_ object: String, as account: UInt32) async throws -> [String] {
                try await site.send("GET", "/v1/activities?object=\(object)", as: account).body(ListBody<ActivityBody>.self).items.map(
                    \.code)
            }
            for account in [0, 1001] as [UInt32] {
                #expect(try await codes(anna.text, as: account).sorted() == ["create-token", "create-user"], "of themselves, too")
                #expect(try await !codes(template, as: account).isEmpty)
            }
            #expect(try await !codes(made, as: 0).isEmpty)
            #expect(try await codes("clock", as: 0).isEmpty, "nothing was done to it")
            for foreign in [made, SimulatedAdministrator.id.text, "clock", "vm-nobody", ""] {
                #expect(await site.send("GET", "/v1/activities?object=\(foreign)", as: 1001).status == 404, "\(foreign)")
            }
            let missing = await site.send("GET", "/v1/activities")
            #expect(missing.status == 422 && missing.problem?.parameters["pointer"] == "?object")

            let first = await site.send("GET", "/v1/activities?object=\(anna)&limit=1")
            let next = try #require(try first.body(ListBody<ActivityBody>.self).next)
            let rest = try await site.send("GET", "/v1/activities?object=\(anna)&limit=1&cursor=\(next)").body(ListBody<ActivityBody>.self)
            #expect(rest.items.count == 1 && rest.next == nil)
            #expect(await site.send("GET", "/v1/activities?object=\(made)&cursor=\(next)").code == "invalid-field")
        }
    }

    @Test func aForeignObjectAnswersAsAnUnknownOne() async throws {
        try await Site.with { site in
            let template = try await site.template()
            _ = try await site.anna()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine"}"#)
            let paths = [
                "GET /v1/instances/X", "GET /v1/instances/X/activities", "GET /v1/instances/X/forwarded-ports",
                "POST /v1/instances/X/start", "POST /v1/instances/X/suspend", "POST /v1/instances/X/wake", "POST /v1/instances/X/shut-down",
                "POST /v1/instances/X/force-off", "POST /v1/instances/X/destroy", "POST /v1/instances/X/pause",
                "POST /v1/instances/X/resume", "POST /v1/instances/X/reboot", "POST /v1/instances/X/reset",
                "POST /v1/instances/X/install-keys", "POST /v1/instances/X/set-password", "POST /v1/instances/X/forwarded-ports",
            ]
            for path in paths {
                let parts = path.split(separator: " ").map(String.init)
                var replies: [String] = []
                for id in [made.object, "vm-nobody", "vm-..%2f..", "disk-1"] {
                    let body = parts[0] == "GET" ? nil : parts[1].hasSuffix("ports") ? #"{"targetPort":1}"# : "{}"
                    let reply = await site.send(
                        parts[0], parts[1].replacing("X", with: id), body, as: 1001, fields: ["X-Request-Id": "same"])
                    #expect(reply.status == 404, "\(path) \(id): \(reply.text)")
                    replies.append(reply.text.replacing(id, with: "X").replacing("vm-../..", with: "X"))
                }
                #expect(Set(replies).count == 1, "\(path): \(replies)")
            }
            let foreign = await site.send("GET", "/v1/operations/\(made.id)", as: 1001)
            #expect(foreign.status == 404)
            #expect(await site.send("POST", "/v1/operations/\(made.id)/cancel", "{}", as: 1001).status == 404)
            #expect(try await site.send("GET", "/v1/instances", as: 1001).body(ListBody<InstanceBody>.self).items.isEmpty)
            #expect(try await site.send("GET", "/v1/hosts", as: 1001).body(ListBody<HostBody>.self).items.isEmpty)
            #expect(await site.send("POST", "/v1/users", #"{"login":"eve"}"#, as: 1001).status == 403)
            #expect(await site.send("POST", "/v1/users/\(SimulatedAdministrator.id)/tokens", #"{"label":"x"}"#, as: 1001).status == 404)
            #expect(await site.send("POST", "/v1/images", #"{"name":"x","upload":"up-1","format":"raw"}"#, as: 1001).status == 403)
        }
    }

    @Test func aChangeInPartNeedsTheVersionItChanges() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let id = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine"}"#).object
            let target = "/v1/instances/\(id)"
            func patch(_ body: String, _ fields: Fields = ["If-Match": "*"]) async -> Reply {
                await site.send("PATCH", target, body, fields: fields)
            }
            #expect(await patch(#"{"name":"x"}"#, [:]).problem?.code == "precondition-required")
            #expect(await patch(#"{"name":"x"}"#, ["If-Match": "\"9\""]).status == 412)
            let merge: Fields = ["If-Match": "\"1\"", "Content-Type": "application/merge-patch+json"]
            let changed = await patch(#"{"name":"e\u0301tude","description":"two\nlines","tags":["lab","exam"]}"#, merge)
            let body = try changed.body(InstanceBody.self)
            #expect(changed.status == 200 && changed.fields["ETag"] == "\"2\"")
            #expect(body.name == "\u{E9}tude" && body.description == "two\nlines" && body.tags == ["exam", "lab"])
            #expect(await patch(#"{"name":"again"}"#, ["If-Match": "\"1\""]).status == 412)
            let tagged = try await site.send("GET", "/v1/instances?tag=exam").body(ListBody<InstanceBody>.self)
            #expect(tagged.items.map(\.id.text) == [id])
            // Null takes away, what is left out stays, and nothing is no change.
            let bare = try await patch(#"{"description":null,"tags":null}"#).body(InstanceBody.self)
            #expect(bare.description == nil && bare.tags.isEmpty && bare.name == body.name)
            #expect(await patch("{}").fields["ETag"] == "\"3\"")
            for (bad, pointer) in [
                (#"{"name":null}"#, "/name"), (#"{"tags":["ok","a b"]}"#, "/tags/1"), (#"{"description":"\u0007"}"#, "/description"),
            ] {
                let reply = await patch(bad)
                #expect(reply.status == 422 && reply.problem?.parameters["pointer"] == pointer, "\(bad): \(reply.text)")
            }
            #expect(await patch(#"{"state":"running"}"#).status == 400)
            #expect(await patch("{}", ["If-Match": "*", "Content-Type": "text/plain"]).status == 415)
        }
    }

    @Test func whatMayBeDoneNowIsToldWithTheReasonWhyNot() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let id = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine","start":false}"#).object
            let told = try await site.send("GET", "/v1/instances/\(id)/verbs", fields: ["Accept-Language": "hu"])
                .body(ListBody<AllowedVerbBody>.self).items
            #expect(told.map(\.verb) == told.map(\.verb).sorted() && told.allSatisfy { $0.allowed == ($0.refusal == nil) })
            let wake = try #require(told.first { $0.verb == "wake" })
            #expect(wake.refusal?.code == "state-forbids" && wake.refusal?.detail.isEmpty == false)
        }
    }

    @Test func aForwardedPortIsClosedByItsID() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let id = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine","start":true}"#).object
            _ = try await site.act("/v1/instances/\(id)/forwarded-ports", #"{"targetPort":22}"#)
            let open = try await site.send("GET", "/v1/instances/\(id)/forwarded-ports").body(ListBody<ForwardedPortBody>.self).items
            let target = "/v1/forwarded-ports/\(try #require(open.first).id)"
            let shown = await site.send("GET", target)
            #expect(try shown.body(ForwardedPortBody.self) == open.first && shown.fields["ETag"] == "\"1\"")
            let begun = await site.send("DELETE", target)
            #expect(begun.status == 202)
            let ended = try await site.ended(try #require(begun.fields["Location"]))
            #expect(try ended.body(OperationBody.self).outcome == "done")
            #expect(await site.send("GET", target).status == 404)
            #expect(await site.send("DELETE", target).status == 404)
        }
    }

    @Test func namesAreDataAndComeBackUnchanged() async throws {
        try await Site.with { site in
            let template = try await site.template()
            for name in ["</name><devices>", "👩‍🔬 \"quoted\" 'x' `y` $(z) %s", "e\u{301}tude", "日本語"] {
                let text = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
                let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":\#(text)}"#)
                let found = try await site.send("GET", "/v1/instances/\(made.object)").body(InstanceBody.self)
                #expect(Array(found.name.unicodeScalars) == Array(name.precomposedStringWithCanonicalMapping.unicodeScalars))
                let query = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let listed = try await site.send("GET", "/v1/instances?name=\(query)").body(ListBody<InstanceBody>.self)
                #expect(listed.items.map(\.id) == [found.id])
            }
            for bad in ["", "   ", "a\\u0000b", "a\\nb", String(repeating: "x", count: 300)] {
                let reply = await site.send("POST", "/v1/instances", #"{"template":"\#(template)","name":"\#(bad)"}"#)
                #expect(reply.status == 422 && reply.problem?.parameters["pointer"] == "/name", "\(reply.text)")
            }
        }
    }

    @Test func aSecondVerbOnABusyOrUnfitInstanceIsAConflict() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"a"}"#)
            let wake = await site.send("POST", "/v1/instances/\(made.object)/wake", "{}")
            #expect(wake.status == 409 && wake.code == "state-forbids")
            let twin = await site.send("POST", "/v1/instances", #"{"template":"\#(template)","name":"a"}"#)
            #expect(twin.status == 409 && twin.code == "name-taken" && twin.problem?.parameters["proposal"]?.isEmpty == false)
        }
    }

    @Test func theSameKeyGivesTheSameAnswerAndAnotherBodyARefusal() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let (key, body): (Fields, String) = (["Idempotency-Key": "k1"], #"{"template":"\#(template)","name":"once"}"#)
            let first = await site.send("POST", "/v1/instances", body, fields: key)
            let again = await site.send("POST", "/v1/instances", body, fields: key)
            #expect(first.status == 202 && again.status == 202 && first.fields["Location"] == again.fields["Location"])
            #expect(again.fields["Idempotency-Replayed"] == "true")
            let other = await site.send("POST", "/v1/instances", body.replacing("once", with: "twice"), fields: key)
            #expect(other.status == 422 && other.code == "idempotency-mismatch")
            #expect(try await site.send("GET", "/v1/instances").body(ListBody<InstanceBody>.self).items.count == 1)
            let long = await site.send("POST", "/v1/instances", body, fields: ["Idempotency-Key": String(repeating: "k", count: 201)])
            #expect(long.status == 422 && long.problem?.parameters["pointer"] == "Idempotency-Key:")
        }
    }

    @Test func ifMatchStopsAVerbThatMeansAnotherVersion() async throws {
        try await Site.with { site in
            let template = try await site.template()
            let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"a"}"#)
            let stale = await site.send("POST", "/v1/instances/\(made.object)/start", "{}", fields: ["If-Match": "\"7\""])
            #expect(stale.status == 412 && stale.code == "stale-version")
            #expect(await site.send("POST", "/v1/instances/\(made.object)/start", "{}", fields: ["If-Match": "\"9\", \"1\""]).status == 202)
        }
    }

    @Test func listsComeInPagesThatLinkOn() async throws {
        try await Site.with { site in
            let template = try await site.template()
            _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"p-%d","count":7}"#)
            var (next, seen, pages): (String?, [String], Int) = ("/v1/instances?limit=3", [], 0)
            while let target = next {
                let reply = await site.send("GET", target)
                let list = try reply.body(ListBody<InstanceBody>.self)
                seen += list.items.map(\.id.text)
                next = reply.fields["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                #expect((next == nil) == (list.next == nil))
                pages += 1
            }
            #expect(pages == 3 && seen.count == 7 && seen == seen.sorted() && Set(seen).count == 7)
            for bad in ["limit=0", "limit=501", "limit=x", "cursor=zzz", "cursor=%FF", "nope=1", "limit=1&limit=2", "trash=1"] {
                let reply = await site.send("GET", "/v1/instances?" + bad)
                #expect([400, 422].contains(reply.status), "\(bad): \(reply.text)")
            }
        }
    }
}

enum SimulatedAdministrator { static let id = ID<UserKind>(bits: 0, 1) }
