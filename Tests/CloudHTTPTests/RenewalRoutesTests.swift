// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudModel
import CloudSimulation
import Testing

/// Links that renew without login, at the edge.
@Suite struct RenewalRoutesTests {
    @Test func aLinkCountsAmongTheCallsOfWhoWasTold() async throws {
        try await Site.with { site in
            let template = try await site.template()
            _ = try await site.anna()
            _ = try await site.act("/v1/instances", #"{"template":"\#(template)","name":"mine"}"#, as: 1001)
            // A machine that never ran is destroyed after a week, and its owner told a tenth of that before.
            site.clock.advance(by: .seconds(6 * 86_400 + 43_200))
            _ = try await HostWatch(cloud: site.cloud).pass()
            _ = try await LeaseSweeper(cloud: site.cloud).pass(driving: true)
            let notices = try await site.send("GET", "/v1/notices", as: 1001).body(ListBody<NoticeBody>.self)
            let link = try #require(notices.items.first).renewal
            #expect(link.hasPrefix(RenewalBody.folder))

            site.service.limits.set(.init(rate: 1, burst: 3, concurrent: 8))
            for _ in 0..<3 { #expect(await site.send("POST", link, as: nil).status == 200) }
            let refused = await site.send("POST", link, as: nil)
            #expect(refused.status == 429 && refused.code == "rate-limited" && refused.fields["Retry-After"] == "1")
            #expect(await site.send("GET", "/v1/instances", as: 1001).code == "rate-limited", "they are hers")
            #expect(await site.send("GET", "/v1/instances").status == 200, "and nobody else's")
            #expect(await site.send("POST", link + "0", as: nil).code == "link-invalid", "one that is wrong says nothing of hers")
            #expect(await site.send("GET", link, as: nil).status == 200)
            site.passed.pass(.seconds(1))
            #expect(await site.send("POST", link, as: nil).status == 200)
            #expect(await site.send("POST", link, as: nil).status == 429)
        }
    }
}
