// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudSimulation
import Testing

/// How to get into an instance: where, as whom, by which command; and the password, which is shown to operators that ask for it.
@Suite struct ConnectionTests {
    /// A running instance of a template with such a way in; the simulated guest has an agent that nobody needs.
    private func launch(_ site: Site, access: String, template: String = "") async throws -> String {
        _ = try await site.template()
        let image = try #require(try await site.send("GET", "/v1/images").body(ListBody<ImageBody>.self).items.first).id
        let request = #"{"name":"Other","image":"\#(image)","cpus":1,"memory":536870912,"access":\#(access)\#(template)}"#
        let made = try await site.act("/v1/templates", request)
        try #require(made.outcome == "done", "\(made)")
        let begun = try await site.act("/v1/instances", #"{"template":"\#(made.object)","name":"mine","start":true}"#)
        _ = await site.send("GET", "/v1/operations/\(begun.children[0])?wait=30")
        return begun.objects[0]
    }

    private func connection(_ site: Site, _ instance: String) async throws -> ConnectionBody? {
        try await site.send("GET", "/v1/instances/\(instance)").body(InstanceBody.self).connection
    }

    private static let ssh = #"{"transport":"tcp","port":22,"account":"student"}"#

    @Test(arguments: ["198.51.100.7", nil]) func sshIsACommandThatCanBeTyped(publicAddress: String?) async throws {
        try await Site.with(change: { $0.publicAddress = publicAddress }) { site in
            let instance = try await launch(site, access: Self.ssh, template: #","agent":"none","firstBoot":"nocloud""#)
            let own = try await site.send("GET", "/v1/instances/\(instance)").body(InstanceBody.self).addresses[0].ipv4
            #expect(
                try await connection(site, instance)
                    == ConnectionBody(method: "ssh", address: own, port: 22, account: "student", command: "ssh -p 22 student@\(own)"))
            // A public port that leads elsewhere is no way in.
            _ = try await site.act("/v1/instances/\(instance)/forwarded-ports", #"{"targetPort":80}"#)
            #expect(try await connection(site, instance)?.publicPort == nil)
            _ = try await site.act("/v1/instances/\(instance)/forwarded-ports", #"{"targetPort":22}"#)
            let forward = try #require(
                try await site.send("GET", "/v1/instances/\(instance)/forwarded-ports").body(ListBody<ForwardedPortBody>.self).items.first {
                    $0.targetPort == 22
                })
            let (address, port) = publicAddress.map { ($0, forward.publicPort) } ?? (own, 22)
            #expect(
                try await connection(site, instance)
                    == ConnectionBody(
                        method: "ssh", address: address, port: port, account: "student", publicPort: forward.publicPort,
                        command: "ssh -p \(port) student@\(address)"))
            _ = try await site.act("/v1/instances/\(instance)/force-off")
            #expect(try await connection(site, instance) == nil, "there is no way into what is off")
        }
    }

    @Test func whatIsNotSSHHasNoCommand() async throws {
        try await Site.with { site in
            let instance = try await launch(
                site, access: #"{"transport":"tcp","port":3389,"account":"Administrator"}"#, template: #","agent":"none""#)
            let found = try #require(try await connection(site, instance))
            #expect(found.method == "tcp" && found.port == 3389 && found.account == "Administrator" && found.command == nil)
        }
    }

    /// What is left out is chosen so that the machine can be seen to be ready; what never could is refused.
    @Test(
        arguments: [
            ("tcp", nil, nil, "agent"), ("tcp", "required", nil, "agent"), ("tcp", "optional", nil, "port"), ("tcp", "none", nil, "port"),
            ("udp", "required", nil, "running"), ("udp", "none", nil, "running"), ("tcp", "none", "running", "running"),
            ("tcp", "required", "port", "port"), ("tcp", "none", "agent", nil), ("tcp", "optional", "agent", nil),
            ("udp", "required", "agent", nil),
            ("udp", "none", "port", nil),
        ] as [(String, String?, String?, String?)])
    func readinessIsWhatCanBeSeen(_ transport: String, _ agent: String?, _ readiness: String?, _ expected: String?) async throws {
        try await Site.with { site in
            _ = try await site.template()
            let image = try #require(try await site.send("GET", "/v1/images").body(ListBody<ImageBody>.self).items.first).id
            let words = (agent.map { #","agent":"\#($0)""# } ?? "") + (readiness.map { #","readiness":"\#($0)""# } ?? "")
            let access = #"{"transport":"\#(transport)","port":22,"account":"root"}"#
            let request = #"{"name":"Other","image":"\#(image)","cpus":1,"memory":536870912,"access":\#(access)\#(words)}"#
            guard let expected else {
                let reply = await site.send("POST", "/v1/templates", request)
                #expect(reply.status == 422 && reply.problem?.parameters["pointer"] == "/readiness", "\(reply.text)")
                return
            }
            let made = try await site.act("/v1/templates", request)
            let template = try await site.send("GET", "/v1/templates/\(made.object)").body(TemplateBody.self)
            #expect(template.production?.readiness == expected && template.production?.firstBoot == "none")
        }
    }

    /// An operator is shown what logs in; one who only sees the machine is refused, and to all others there is none.
    @Test func thePasswordIsForOperatorsWhoAsk() async throws {
        try await Site.with { site in
            let instance = try await launch(site, access: Self.ssh)
            let target = "/v1/instances/\(instance)/password"
            let reply = await site.send("GET", target)
            let shown = try reply.body(InstancePasswordBody.self)
            #expect(shown.account == "student" && !shown.password.isEmpty)
            #expect(reply.fields["Cache-Control"] == "private, no-store" && reply.fields["ETag"] == nil)
            for other in ["/v1/instances/\(instance)", "/v1/instances", "/v1/instances/\(instance)/activities", "/v1/operations"] {
                #expect(await !site.send("GET", other).text.contains(shown.password))
            }
            #expect(!"\(site.records.value)".contains(shown.password))

            let word = "another word of anna's"
            _ = try await site.act("/v1/instances/\(instance)/set-password", #"{"password":"\#(word)"}"#)
            #expect(try await site.send("GET", target).body(InstancePasswordBody.self).password == word)
            _ = try await site.act("/v1/instances/\(instance)/force-off")
            #expect(await site.send("GET", target).status == 200, "it holds whatever the machine does")

            let anna = try await site.anna().user
            #expect(await site.send("GET", target, as: 1001).status == 404)
            for (level, status) in [(Level.user, 403), (.operator, 200)] {
                _ = try await site.cloud.world.store.write { tx in
                    try tx.grants.insert(
                        Grant(
                            id: site.cloud.world.ids.next(GrantKind.self), object: instance, subject: anna.id.text, level: level,
                            until: nil,
                            pinned: false, grantedBy: SimulatedAdministrator.id))
                }
                #expect(await site.send("GET", target, as: 1001).status == status)
            }
            let seen = try await site.send("GET", "/v1/instances/\(instance)/activities").body(ListBody<ActivityBody>.self).items
            #expect(seen.filter { $0.code == "see-password" }.map(\.actor).contains(anna.id))
            #expect(seen.count { $0.code == "see-password" } == 4)
        }
    }
}
