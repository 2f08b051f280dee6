// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudModel
    import Foundation
    import Testing

    /// What is somebody else's answers, byte for byte, as what is not there.
    @Suite struct ForeignIDTests {
        @Test(arguments: Language.allCases) func aForeignIDAnswersAsAnUnknownOne(_ language: Language) async throws {
            try await Listening.with(.address) { site, wire in
                let template = try await site.template()
                let anna = try await site.anna()
                let made = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"of-admin"}"#)
                let image = try await site.send("GET", "/v1/images").body(ListBody<ImageBody>.self).items[0].id.text
                let port = #"{"targetPort":22}"#
                _ = try await site.act("/v1/instances/\(made.object)/forwarded-ports", port)
                let open = try await site.send("GET", "/v1/instances/\(made.object)/forwarded-ports").body(ListBody<ForwardedPortBody>.self)
                let forward = try #require(open.items.first).id.text
                let admins = "/v1/users/\(SimulatedAdministrator.id)/tokens"
                let token = try await site.send("POST", admins, #"{"label":"theirs"}"#).body(TokenBody.self).id.text
                let calls: [(String, String, String?, own: String, unknown: String)] =
                    [
                        ("GET", "/v1/instances/X", nil, made.object, "vm-nobody"),
                        ("PATCH", "/v1/instances/X", #"{"name":"mine"}"#, made.object, "vm-nobody"),
                        ("GET", "/v1/instances/X/password", nil, made.object, "vm-nobody"),
                        ("GET", "/v1/instances/X/screenshot", nil, made.object, "vm-nobody"),
                        ("GET", "/v1/instances/X/activities", nil, made.object, "vm-nobody"),
                        ("GET", "/v1/instances/X/verbs", nil, made.object, "vm-nobody"),
                        ("GET", "/v1/forwarded-ports/X", nil, forward, "fwd-nobody"),
                        ("DELETE", "/v1/forwarded-ports/X", nil, forward, "fwd-nobody"),
                        ("GET", "/v1/instances/X/forwarded-ports", nil, made.object, "vm-nobody"),
                        ("POST", "/v1/instances/X/forwarded-ports", port, made.object, "vm-nobody"),
                        ("GET", "/v1/operations/X", nil, made.id.text, "op-nobody"),
                        ("GET", "/v1/operations/X?wait=1", nil, made.id.text, "op-nobody"),
                        ("POST", "/v1/operations/X/cancel", "{}", made.id.text, "op-nobody"),
                        ("GET", "/v1/images/X", nil, image, "img-nobody"),
                        ("GET", "/v1/users/X", nil, SimulatedAdministrator.id.text, "user-nobody"),
                        ("POST", "/v1/users/X/tokens", #"{"label":"mine"}"#, SimulatedAdministrator.id.text, "user-nobody"),
                        ("GET", "/v1/users/X/tokens", nil, SimulatedAdministrator.id.text, "user-nobody"),
                        ("DELETE", "/v1/users/X/tokens/\(token)", nil, SimulatedAdministrator.id.text, "user-nobody"),
                        ("DELETE", "/v1/users/\(anna.user.id)/tokens/X", nil, token, "tok-nobody"),
                        ("PUT", "/v1/users/X/keys", #"{"keys":[]}"#, SimulatedAdministrator.id.text, "user-nobody"),
                        ("POST", "/v1/instances", #"{"template":"X"}"#, "tmpl-hidden", "tmpl-nobody"),
                    ]
                    + [
                        "start", "suspend", "wake", "shut-down", "force-off", "destroy", "pause", "resume", "reboot", "reset",
                        "install-keys", "set-password",
                    ]
                    .map {
                        ("POST", "/v1/instances/X/\($0)", "{}", made.object, "vm-nobody")
                    }
                for (method, target, body, own, unknown) in calls {
                    try await site.untouched(target) {
                        var answers: [String] = []
                        for id in [own, unknown] {
                            let fields: Fields = [
                                "Authorization": "Bearer \(anna.token)", "X-Request-Id": "same", "Accept-Language": language.rawValue,
                                "If-Match": "\"1\"",
                            ]
                            let answer = try await wire.call(
                                method, target.replacing("X", with: id), body.map { Array($0.replacing("X", with: id).utf8) },
                                fields: fields)
                            #expect(answer.status == 404, "\(method) \(target) \(id): \(answer.text)")
                            let problem = try answer.problem()
                            let wanted = Problem(CloudError(.notFound, ["object": id]), in: language)
                            #expect(problem.code == "not-found" && problem.detail == wanted.detail)
                            answers.append(
                                "\(answer.fields.all.filter { $0.name.lowercased() != "content-length" && $0.name.lowercased() != "date" })\(answer.text.replacing(id, with: "X"))"
                            )
                        }
                        #expect(answers[0] == answers[1], "\(method) \(target)")
                    }
                }
            }
        }
    }
#endif
