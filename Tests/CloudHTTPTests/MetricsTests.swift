// SPDX-License-Identifier: Apache-2.0

import CloudHTTP
import CloudModel
import CloudOperations
import Testing

@Suite struct MetricsTests {
    private struct Words: MetricsSource { func text(of cloud: Cloud) async throws -> String { "up 1\n" } }

    @Test func siteOperatorsReadThem() async throws {
        try await Site.with(metrics: Words()) { site in
            _ = try await site.anna()
            let reply = await site.send("GET", "/metrics")
            #expect(reply.status == 200 && reply.text == "up 1\n")
            #expect(reply.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(await site.send("GET", "/metrics", as: 1001).code == "denied")
            #expect(await site.send("GET", "/metrics", as: nil).status == 401)
        }
    }

    @Test func theDaemonMayOpenThemToAll() async throws {
        try await Site.with(metrics: Words(), change: { $0.metricsAreOpen = true }) { site in
            #expect(await site.send("GET", "/metrics", as: nil).status == 200)
        }
    }

    @Test func aRecordSaysItsRouteAndNotWhatWasAsked() async throws {
        try await Site.with { site in
            _ = await site.send("GET", "/v1/instances/vm-1")
            _ = await site.send("BREW", "/coffee")
            #expect(site.records.value.map(\.route) == ["/v1/instances/{id}", nil])
            #expect(site.records.value.map(\.method) == ["GET", "BREW"])
        }
    }

    @Test func settingsAndLimitsChangeWhileItRuns() async throws {
        try await Site.with { site in
            var settings = CloudService.Settings(version: "test", publicAddress: "127.0.0.1")
            settings.bodyLimit = 3
            site.service.live.set(settings)
            #expect(await site.send("POST", "/v1/users", #"{"login":"x"}"#).status == 413)
            site.service.limits.set(.init(rate: 1, burst: 1, concurrent: 0))
            #expect(await site.send("GET", "/v1/hosts").code == "calls-under-way")
        }
    }
}
