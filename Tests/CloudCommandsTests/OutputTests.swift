// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient
    import Testing

    @testable import CloudCommands

    /// What is printed, to the letter: scripts rely on it.
    @Suite struct OutputTests {
        let cloud = StubCloud([
            "GET /v1/instances": [
                StubCloud.Reply(
                    text: Wire.list(
                        [
                            Wire.instance(1, "lab-01", more: #","new":1.50"#),
                            Wire.instance(2, #"x\u001b[2J\ty"#, state: "unknown", ready: false, more: #","lastState":"running""#),
                        ]))
            ]
        ])

        @Test func aListOnATerminalIsATable() async {
            let run = await Run.lyceum(["instance", "list"], cloud, terminal: true)
            #expect(
                run.out == """
                    ID                       NAME           STATE                  READY  ADDRESS   CONNECT
                    vm-00000000000000000001  lab-01         running                yes    10.7.0.1  -
                    vm-00000000000000000002  x\\u{1B}[2J\\ty  unknown (was running)  no     10.7.0.2  -

                    """)
            #expect(run.err.isEmpty && run.status == 0)
        }

        @Test func aListInAPipeIsTabSeparated() async {
            let run = await Run.lyceum(["instance", "list"], cloud)
            #expect(
                run.out == "vm-00000000000000000001\tlab-01\trunning\tyes\t10.7.0.1\t\n"
                    + "vm-00000000000000000002\tx\\u{1B}[2J\\ty\tunknown\tno\t10.7.0.2\t\n")
        }

        @Test func jsonIsTheAPIsOwnObjects() async throws {
            let run = await Run.lyceum(["instance", "list", "--json"], cloud)
            let printed = try StrictJSON.parse(Array(run.out.utf8))
            let sent = try StrictJSON.parse(
                Array(
                    Wire.list([
                        Wire.instance(1, "lab-01", more: #","new":1.50"#),
                        Wire.instance(2, #"x\u001b[2J\ty"#, state: "unknown", ready: false, more: #","lastState":"running""#),
                    ]).utf8))
            #expect(printed == sent)
            #expect(run.out.hasSuffix("\n") && !run.out.dropLast().contains("\n"), "one line in a pipe")
            let shown = await Run.lyceum(["instance", "list", "--json"], cloud, terminal: true)
            #expect(shown.out.hasPrefix("{\n  \"items\": [\n    {\n      \"id\": "))
            #expect(try StrictJSON.parse(Array(shown.out.utf8)) == sent)
        }

        @Test func oneThingIsShownWithAllItsProperties() async {
            let cloud = StubCloud(["GET /v1/instances/\(Wire.id(1))": [StubCloud.Reply(text: Wire.instance(1, "lab-01"))]])
            let table = await Run.lyceum(["instance", "show", Wire.id(1)], cloud, terminal: true)
            #expect(table.out.contains("\nmemory       512 MiB\n") && table.out.hasPrefix("id           vm-0"))
            let tsv = await Run.lyceum(["instance", "show", Wire.id(1)], cloud)
            #expect(tsv.out.contains("\nmemory\t536870912\n") && tsv.out.hasPrefix("id\tvm-0"))
        }

        @Test func whatAHostSeesIsShownAlsoWhereItIsNotTheState() async {
            let seen = #","seen":{"state":"paused","since":"2026-02-03T10:00:00Z"}"#
            let cloud = StubCloud(["GET /v1/instances/\(Wire.id(1))": [StubCloud.Reply(text: Wire.instance(1, "lab-01", more: seen))]])
            let run = await Run.lyceum(["instance", "show", Wire.id(1)], cloud)
            #expect(run.out.contains("\nstate\trunning\n") && run.out.contains("\nseen\tpaused since 2026-02-03T10:00:00Z\n"))
        }

        @Test func whatIsStuckIsAskedForByItsState() async {
            let stuck = Wire.operation("op-1", object: Wire.id(1), state: "stuck")
            let cloud = StubCloud(["GET /v1/operations": [StubCloud.Reply(text: Wire.list([stuck]))]])
            let run = await Run.lyceum(["operation", "list", "--stuck"], cloud)
            #expect(run.status == 0 && run.out.contains("op-1") && cloud.calls.last?.target.contains("state=stuck") == true)
            _ = await Run.lyceum(["operation", "list"], cloud)
            #expect(cloud.calls.last?.target.contains("state") == false)
        }

        /// Also what is older than a page.
        @Test func activitiesAreReadPageByPage() async {
            func activity(_ number: Int, _ code: String) -> String {
                #"{"id":"act-\#(number)","object":"\#(Wire.id(1))","code":"\#(code)","parameters":{},"#
                    + #""startedAt":"2026-02-03T09:00:0\#(number)Z"}"#
            }
            let pages = [Wire.list([activity(3, "wake"), activity(2, "suspend")], next: "c1"), Wire.list([activity(1, "start")])]
            func run(_ limit: String) async -> (Run, [OutgoingCall]) {
                let cloud = StubCloud(["GET /v1/instances/\(Wire.id(1))/activities": pages.map { StubCloud.Reply(text: $0) }])
                return (await Run.lyceum(["instance", "activities", Wire.id(1), "--limit", limit], cloud), cloud.calls)
            }
            let (all, calls) = await run("10")
            #expect(all.status == 0 && ["wake", "suspend", "start"].allSatisfy { all.out.contains($0 + "\t") }, "\(all.out)\(all.err)")
            #expect(calls.count == 2 && calls.last?.target.contains("cursor=c1") == true)
            let (few, fewCalls) = await run("2")
            #expect(few.out.contains("suspend\t") && !few.out.contains("start\t") && fewCalls.count == 1)
        }

        @Test func coloursAreForTerminalsThatWantThem() async {
            let plain = await Run.lyceum(["instance", "list"], cloud, terminal: true, environment: ["NO_COLOR": "yes"])
            let dumb = await Run.lyceum(["instance", "list"], cloud, terminal: true, environment: ["NO_COLOR": "", "TERM": "dumb"])
            let bold = await Run.lyceum(["instance", "list"], cloud, terminal: true, environment: ["NO_COLOR": ""])
            #expect(!plain.out.contains("\u{1B}") && !dumb.out.contains("\u{1B}"))
            #expect(bold.out.hasPrefix("\u{1B}[1mID"))
        }

        @Test func apiPrintsTheBodyAndFailsWithItsStatus() async {
            let cloud = StubCloud(["GET /v1/audit": ["{\"openOperations\":0}"], "POST /v1/x": [.problem("busy", 409)]])
            let found = await Run.lyceum(["api", "get", "/v1/audit?x=1"], cloud)
            #expect(found.out == "{\"openOperations\":0}\n" && found.status == 0)
            let refused = await Run.lyceum(["api", "POST", "/v1/x", "{\"a\":1}"], cloud)
            #expect(refused.out.contains("\"code\":\"busy\"") && refused.status == 5)
            #expect(cloud.calls.last?.body == .bytes(Array("{\"a\":1}".utf8), type: "application/json"))
            #expect(cloud.calls.last?["Idempotency-Key"] == "key-1")
        }

        @Test func debugShowsCallsAndNoToken() async {
            let run = await Run.lyceum(["instance", "list", "--debug"], cloud, environment: ["LYCEUM_TOKEN": "geheim"])
            #expect(run.err.contains("debug: GET /v1/instances?limit=500 -> 200"))
            #expect(!run.err.contains("geheim") && cloud.calls.last?["Authorization"] == "Bearer geheim")
        }
    }
#endif
