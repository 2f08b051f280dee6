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

        @Test func whoMayNotCompareIsTold() async {
            let cloud = StubCloud(["GET /v1": [Self.discovery(Self.anna)], "GET /readyz": [#"{"status":"ok"}"#]])
            let run = await Run.lyceum(["doctor", "--audit"], cloud)
            #expect(run.status == 1 && run.out.contains("FAILED\taudit\tnot done: only site operators"), "\(run)")
        }

        @Test func aTokenThatIsRefusedIsAFinding() async {
            let run = await Run.lyceum(["doctor"], StubCloud(["GET /v1": [.problem("not-signed-in", 401)]]))
            #expect(
                run.status == 1 && run.out.hasPrefix("ok\taddress\tunix:/stub.sock answers\nFAILED\tsign-in\twhy not-signed-in"), "\(run)")
        }

        @Test func aServiceThatRefusesEverybodyIsNotTheTokensFault() async {
            let run = await Run.lyceum(["doctor"], StubCloud(["GET /v1": [.problem("unavailable", 503)]]))
            #expect(run.status == 1 && run.out.contains("FAILED\tservice\twhy unavailable") && !run.out.contains("sign-in"), "\(run)")
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

        @Test func whatWasMeasuredOfAHostIsTold() async {
            let operatorText = Self.anna.replacing("end-user", with: "site-operator")
            let host = #"{"id":"host-1","name":"here","state":"active","reserve":0,"cpuRatio":8,"reachable":true}"#
            func finding(_ check: String, _ grade: String, _ rest: String) -> String {
                #"{"check":"\#(check)","grade":"\#(grade)","parameters":{},\#(rest)}"#
            }
            var replies: [String: [StubCloud.Reply]] = [
                "GET /v1": [Self.discovery(operatorText)], "GET /readyz": [#"{"status":"ok"}"#],
                "GET /v1/hosts": [.init(text: Wire.list([host]))],
                "GET /v1/audit": [
                    #"{"differences":["host-1: disk disk-1 is missing","host-1: file x belongs to no record"],"machines":0,"trashed":0,"openOperations":0}"#
                ],
                "GET /v1/hosts/host-1/findings": [
                    .init(
                        text: Wire.list([
                            finding("acceleration", "advice", #""says":"in software","remedy":"Give it KVM.""#),
                            finding("define-time", "wrong", #""says":"44 s","remedy":"Hide it.""#),
                            finding("room", "fine", #""says":"much""#),
                        ]))
                ],
            ]
            let run = await Run.lyceum(["doctor", "--audit"], StubCloud(replies))
            #expect(run.status == 1 && run.out.contains("advice\thost here: acceleration\tin software. Give it KVM.\n"), "\(run)")
            #expect(run.out.contains("FAILED\thost here: define-time\t44 s. Hide it.\n") && run.out.contains("ok\thost here: room\tmuch\n"))
            #expect(run.out.contains("FAILED\taudit\thost-1: disk disk-1 is missing\nFAILED\taudit\thost-1: file x belongs"), "\(run)")
            #expect(run.err.contains("3 of the checks failed"))
            let json = await Run.lyceum(["doctor", "--json"], StubCloud(replies))
            let levels = [("acceleration", "advice"), ("define-time", "problem"), ("room", "ok")]
            #expect(levels.allSatisfy { json.out.contains(#"{"check":"host here: \#($0)","level":"\#($1)","#) }, "\(json.out)")
            // A daemon that is older than the command, or refuses.
            replies["GET /v1/hosts/host-1/findings"] = [.problem("not-found", 404)]
            let refused = await Run.lyceum(["doctor"], StubCloud(replies))
            #expect(
                refused.out.contains("FAILED\thost here: measures\twhy not-found\n") && refused.out.contains("2 differences"), "\(refused)")
        }

        @Test func whatIsWrongComesWithItsRemedy() async {
            let cloud = StubCloud([
                "GET /v1": [Self.discovery("")], "GET /readyz": [.problem("store-unavailable", 503)],
            ])
            let run = await Run.lyceum(["doctor"], cloud)
            #expect(run.status == 1 && run.out.contains("FAILED\trecords\twhy store-unavailable"), "\(run)")
            #expect(run.out.contains("set LYCEUM_TOKEN") && run.err.contains("2 of the checks failed"))
            let json = await Run.lyceum(["doctor", "--json"], cloud)
            #expect(json.out.contains(#"{"check":"records","level":"problem","says":"why store-unavailable"}"#))
        }
    }
#endif
