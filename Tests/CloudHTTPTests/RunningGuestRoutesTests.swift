// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import CloudCore
import CloudModel
import CloudSimulation
import Testing

/// Running guests over the API: pictures, passwords, and what is wanted of a host that is away.
@Suite struct RunningGuestRoutesTests {
    private func running(_ site: Site) async throws -> String {
        let template = try await site.template()
        let begun = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine","start":true}"#)
        let start = try await site.ended("/v1/operations/\(begun.children[0])").body(OperationBody.self)
        try #require(start.outcome == "done", "\(start)")
        return begun.objects[0]
    }

    @Test func aScreenshotIsAPictureOfNobodyElse() async throws {
        try await Site.with { site in
            let instance = try await running(site)
            let target = "/v1/instances/\(instance)/screenshot"
            let reply = await site.send("GET", target)
            #expect(reply.status == 200 && reply.fields["Content-Type"] == "image/png" && reply.text.contains("PNG"))
            #expect(reply.fields["Cache-Control"] == "private, no-store")
            #expect(await site.send("HEAD", target).status == 200)
            _ = try await site.anna()
            #expect(await site.send("GET", target, as: 1001).status == 404)
            #expect(await site.send("POST", target, "{}").status == 405)
            _ = try await site.act("/v1/instances/\(instance)/force-off")
            let off = await site.send("GET", target)
            #expect(off.status == 409 && off.code == "state-forbids")
        }
    }

    @Test func aPasswordIsInNoAnswerOfAVerbAndInNoLine() async throws {
        try await Site.with { site in
            let instance = try await running(site)
            let (word, target) = ("nobody may read this", "/v1/instances/\(instance)/set-password")
            let (body, key): (String, Fields) = (#"{"password":"\#(word)"}"#, ["Idempotency-Key": "once"])
            let first = await site.send("POST", target, body, fields: key)
            #expect(first.status == 202 && !first.text.contains(word), "\(first.text)")
            let ended = try await site.ended(try #require(first.fields["Location"]))
            #expect(try ended.body(OperationBody.self).outcome == "done" && !ended.text.contains(word))
            // Under one key the first counts: a hash of the body would let the password be guessed.
            let again = await site.send("POST", target, #"{"password":"another one"}"#, fields: key)
            #expect(again.status == 202 && again.fields["Idempotency-Replayed"] == "true")
            let guest = try #require(site.host.guests.snapshot().guests.values.first)
            #expect(guest.letsIn("root", with: word))
            for bad in ["1234567", String(repeating: "x", count: 129), "line\\nbreak"] {
                let reply = await site.send("POST", target, #"{"password":"\#(bad)"}"#)
                #expect(reply.status == 422 && reply.problem?.parameters["pointer"] == "/password" && !reply.text.contains(bad))
            }
            #expect(try await site.act(target).outcome == "done", "without one, one is made")
            #expect(site.host.guests.snapshot().guests.values.first?.letsIn("root", with: word) == false)
            #expect(!"\(site.records.value)".contains(word))
        }
    }

    @Test func whatIsWantedSaysWhatItWaitsFor() async throws {
        try await Site.with { site in
            let instance = try await running(site)
            try site.host.guests.becomeUnreachable()
            let begun = await site.send("POST", "/v1/instances/\(instance)/force-off", "{}")
            #expect(begun.status == 202, "it is accepted")
            let place = try #require(begun.fields["Location"])
            var shown = try begun.body(OperationBody.self)
            for _ in 0..<200 where shown.state != "stuck" {
                shown = try await site.send("GET", place + "?wait=1").body(OperationBody.self)
            }
            #expect(shown.state == "stuck" && shown.waitingFor == "the host to answer" && !shown.ended)
            #expect(shown.stuck?.problem.code == "host-unreachable")
            #expect(try await site.send("GET", "/v1/instances/\(instance)").body(InstanceBody.self).operation == shown.id)
            try site.host.guests.becomeReachable()
            try await site.cloud.runner.recover()
            #expect(try await site.ended(place).body(OperationBody.self).outcome == "done")
        }
    }

    /// What its owner does not tell of, and what the cloud does by itself, is found by those who are to see to it.
    @Test func whatIsStuckIsListedForSiteOperatorsWhoeverBeganIt() async throws {
        try await Site.with { site in
            let template = try await site.template()
            _ = try await site.anna()
            let accounts: [UInt32] = [0, 1001]
            var machines: [String] = []
            for account in accounts {
                let body = #"{"template":"\#(template)","name":"of-\#(account)","start":true}"#
                let begun = try await site.act("/v1/instances", body, as: account)
                let start = try await site.ended("/v1/operations/\(begun.children[0])", as: account).body(OperationBody.self)
                try #require(start.outcome == "done", "\(start)")
                machines.append(begun.objects[0])
            }
            try site.host.guests.becomeUnreachable()
            var wanted: [String] = []
            for (account, machine) in zip(accounts, machines) {
                let begun = await site.send("POST", "/v1/instances/\(machine)/force-off", "{}", as: account)
                let place = try #require(begun.fields["Location"])
                var shown = try begun.body(OperationBody.self)
                for _ in 0..<200 where shown.state != "stuck" {
                    shown = try await site.send("GET", place + "?wait=1", as: account).body(OperationBody.self)
                }
                try #require(shown.state == "stuck")
                wanted.append(shown.id.text)
            }
            func list(_ query: String, as account: UInt32) async throws -> [String] {
                try await site.send("GET", "/v1/operations\(query)", as: account).body(ListBody<OperationBody>.self).items.map(\.id.text)
            }
            #expect(try await list("?state=stuck", as: 0) == [wanted[1], wanted[0]])
            #expect(try await list("?state=stuck", as: 1001) == [wanted[1]], "of others nobody else is told")
            #expect(try await !list("", as: 0).contains(wanted[1]), "without a state the list is one's own")
            #expect(try await !list("?state=done", as: 1001).contains(wanted[1]))

            let first = await site.send("GET", "/v1/operations?state=stuck&limit=1")
            let next = try #require(try first.body(ListBody<OperationBody>.self).next)
            #expect(try await list("?state=stuck&limit=1&cursor=\(next)", as: 0) == [wanted[0]])
            #expect(await site.send("GET", "/v1/operations?state=done&cursor=\(next)").code == "invalid-field", "another question")
            #expect(await site.send("GET", "/v1/operations?state=lost").code == "invalid-field")
        }
    }
}
