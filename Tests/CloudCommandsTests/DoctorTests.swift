// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Testing

    @testable import CloudCommands

    @Suite struct DoctorTests {
        private static func discovery(_ user: String) -> StubCloud.Reply {
            StubCloud.Reply(
                text: #"{"name":"lyceum","version":"1","features":[],"signIn":["bearer"],"languages":["en"],"links":{}\#(user)}"#)
        }
        private static let anna =
            #","user":{"id":"user-1","login":"anna","name":"Anna","role":"end-user","personalGroup":"grp-1","keys":["ssh-ed25519 A"]}"#

        @Test func allIsWell() async {
            let run = await Run.lyceum(
                ["doctor"], StubCloud(["GET /v1": [Self.discovery(Self.anna)], "GET /readyz": [#"{"status":"ok"}"#]]))
            #expect(run.status == 0 && run.err.isEmpty, "\(run)")
            #expect(run.out.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") } && run.out.contains("you are anna"))
        }

        @Test func aHostThatIsAwayIsAFindingAndTheOthersAreTold() async {
            let operatorText = Self.anna.replacing("end-user", with: "site-operator")
            let host = #"{"id":"host-1","name":"host-1","state":"active","reserve":0,"cpuRatio":8,"reachable":false}"#
            let run = await Run.lyceum(
                ["doctor"],
                StubCloud([
                    "GET /v1": [Self.discovery(operatorText)], "GET /readyz": [#"{"status":"ok"}"#],
                    "GET /v1/hosts": [.init(text: Wire.list([host]))], "GET /v1/audit": [.problem("host-unreachable", 503)],
                ]))
            #expect(
                run.status == 1 && run.out.contains("ok\trecords") && run.out.contains("FAILED\thost host-1\tdoes not answer"), "\(run)")
            #expect(run.out.contains("FAILED\taudit\twhy host-unreachable"))
        }

        @Test func whatIsWrongComesWithItsRemedy() async {
            let cloud = StubCloud([
                "GET /v1": [Self.discovery("")], "GET /readyz": [.problem("store-unavailable", 503)],
            ])
            let run = await Run.lyceum(["doctor"], cloud)
            #expect(run.status == 1 && run.out.contains("FAILED\trecords\twhy store-unavailable"), "\(run)")
            #expect(run.out.contains("set LYCEUM_TOKEN") && run.err.contains("2 of the checks failed"))
            let json = await Run.lyceum(["doctor", "--json"], cloud)
            #expect(json.out.contains(#"{"check":"records","ok":false,"says":"why store-unavailable"}"#))
        }
    }
#endif
