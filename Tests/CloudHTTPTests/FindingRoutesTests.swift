// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudCore
import CloudHTTP
import CloudSimulation
import Testing

/// What was measured of a host, over the API.
@Suite struct FindingRoutesTests {
    private static let target = "/v1/hosts/\(SimulatedSite.host)/findings"

    @Test func eachIsASentenceInTheLanguageOfTheCall() async throws {
        try await Site.with { site in
            try site.host.guests.fallIll([HostFinding(.defineTime, took: 44_000, limit: 1000, beyond: .wrong)])
            for (language, words) in [("en", "libvirt takes 44000 ms or more"), ("hu", "a libvirtnek egy definíció legalább 44000 ms")] {
                let reply = await site.send("GET", Self.target, fields: ["Accept-Language": language])
                let all = try reply.body(ListBody<FindingBody>.self).items
                #expect(Set(all.map(\.check)) == Set(HostFinding.Check.allCases.map(\.rawValue)))
                let slow = try #require(all.first { $0.check == "define-time" })
                #expect(slow.grade == "wrong" && slow.says.hasPrefix(words) && slow.remedy?.contains("/dev") == true, "\(slow)")
                #expect(all.allSatisfy { ($0.remedy == nil) == ($0.grade == "fine") })
            }
        }
    }

    @Test func nobodyElseIsTold() async throws {
        try await Site.with { site in
            _ = try await site.anna()
            #expect(await site.send("GET", Self.target, as: 1001).status == 404)
            #expect(await site.send("GET", "/v1/hosts/host-none/findings").status == 404)
            #expect(await site.send("GET", Self.target, as: nil).status == 401)
            try site.host.guests.becomeUnreachable()
            let away = await site.send("GET", Self.target)
            #expect(away.status == 503 && away.code == "host-unreachable")
        }
    }
}
