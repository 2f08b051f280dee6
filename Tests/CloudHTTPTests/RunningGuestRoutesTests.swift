// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudHTTP
import CloudCore
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
}
