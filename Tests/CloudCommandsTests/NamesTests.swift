// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudClient
    import CloudModel
    import Testing

    @testable import CloudCommands

    @Suite struct NamesTests {
        private func reply(_ items: String...) -> StubCloud.Reply { StubCloud.Reply(text: Wire.list(items)) }

        @Test func aNameThatOneHasIsEnough() async {
            let cloud = StubCloud([
                "GET /v1/instances": [reply(Wire.instance(1, "lab-01"))],
                "GET /v1/instances/\(Wire.id(1))": [reply(), StubCloud.Reply(text: Wire.instance(1, "lab-01"))],
            ])
            _ = await Run.lyceum(["instance", "show", "lab-01"], cloud)
            #expect(cloud.calls.map(\.target) == ["/v1/instances?name=lab-01&limit=500", "/v1/instances/\(Wire.id(1))"])
        }

        @Test func aWholeIdIsNotLookedUp() async {
            let cloud = StubCloud(["GET /v1/instances/\(Wire.id(1))": [StubCloud.Reply(text: Wire.instance(1, "a"))]])
            #expect(await Run.lyceum(["instance", "show", Wire.id(1)], cloud).status == 0)
            #expect(cloud.calls.count == 1)
        }

        @Test func aNameThatSeveralHaveIsRefusedWithTheirIds() async {
            let cloud = StubCloud(["GET /v1/instances": [reply(Wire.instance(1, "lab"), Wire.instance(2, "lab", state: "stopped"))]])
            let run = await Run.lyceum(["instance", "destroy", "--yes", "lab"], cloud)
            #expect(run.status == 2 && run.err.contains("\(Wire.id(1)) (running") && run.err.contains("\(Wire.id(2)) (stopped"))
            #expect(cloud.routes == ["GET /v1/instances"], "nothing was begun")
        }

        @Test func ofSeveralOnesOwnIsMeant() async {
            let foreign = Wire.instance(1, "lab").replacing("user-1", with: "user-2")
            let own = Wire.instance(2, "lab")
            let me =
                #"{"id":"user-1","login":"root","name":"Root","role":"site-operator","personalGroup":"grp-1","keys":[],"createdAt":"2026-02-03T09:00:00Z"}"#
            let discovery = #"{"name":"lyceum","version":"0","features":[],"signIn":[],"languages":["en"],"links":{},"user":\#(me)}"#
            let cloud = StubCloud([
                "GET /v1/instances": [reply(foreign, own)], "GET /v1": [StubCloud.Reply(text: discovery)],
                "GET /v1/instances/\(Wire.id(2))": [StubCloud.Reply(text: own)],
            ])
            let run = await Run.lyceum(["instance", "show", "lab"], cloud)
            #expect(run.status == 0 && run.out.contains(Wire.id(2)), "\(run)")
        }

        @Test func aNameThatNobodyHasIsRefusedWithNamesLikeIt() async {
            let cloud = StubCloud([
                "GET /v1/instances": [reply(), reply(Wire.instance(1, "lab-01"), Wire.instance(2, "lab-02"), Wire.instance(3, "web"))]
            ])
            let run = await Run.lyceum(["instance", "start", "lab-1"], cloud)
            #expect(run.status == 3 && run.err.contains("“lab-01”, “lab-02”") && !run.err.contains("web"))
            #expect(run.err.contains("Next:   lyceum instance list"))
        }

        @Test func aNameThatIsInTheTrashSaysHowItComesBack() async {
            func destroyed(_ number: Int, _ isKept: Bool) -> String {
                Wire.instance(number, "lab-01", state: "destroyed", more: #","trash":{"recoverable":\#(isKept)}"#)
            }
            let (one, two) = (destroyed(1, true), destroyed(2, true))
            // Twice among the living: the name, then all of them for names like it; then in the trash.
            let cloud = StubCloud(["GET /v1/instances": [reply(), reply(Wire.instance(3, "web")), reply(one)]])
            let run = await Run.lyceum(["instance", "start", "lab-01"], cloud)
            #expect(run.status == 3 && run.err.contains("“lab-01” (\(Wire.id(1))) was destroyed"), "\(run.err)")
            #expect(run.err.contains("Next:   lyceum instance recover \(Wire.id(1))\n"), "\(run.err)")
            #expect(cloud.calls.last?.target == "/v1/instances?name=lab-01&trash=true&limit=500")
            let several = StubCloud(["GET /v1/instances": [reply(), reply(), reply(one, two)]])
            let many = await Run.lyceum(["instance", "show", "lab-01"], several)
            #expect(many.status == 3 && many.err.contains("\(Wire.id(1)), \(Wire.id(2))"), "\(many.err)")
            let gone = StubCloud(["GET /v1/instances": [reply(), reply(Wire.instance(3, "lab-02")), reply(destroyed(1, false))]])
            let none = await Run.lyceum(["instance", "start", "lab-01"], gone)
            #expect(none.status == 3 && none.err.contains("lab-02") && !none.err.contains("recover"), "\(none.err)")
        }

        @Test func oneWrongNameStopsAll() async {
            let cloud = StubCloud([
                "GET /v1/instances": [reply(Wire.instance(1, "a")), reply(), reply()],
                "GET /v1/instances/\(Wire.id(1))": [StubCloud.Reply(text: Wire.instance(1, "a"))],
            ])
            #expect(await Run.lyceum(["instance", "force-off", "a", "b"], cloud).status == 3)
            #expect(!cloud.routes.contains { $0.hasPrefix("POST") })
        }

        @Test func aMachineWithoutANameIsFoundByWhatItIsCalled() async throws {
            // `vm-` and eight characters look like an id and are a name.
            let wanted: ID<InstanceKind> = try #require(ID("vm-0123456789abcdefghjk"))
            let candidates = [Names.Candidate(id: wanted, name: "vm-01234567", mark: ""), .init(id: ID(bits: 1, 1), name: "x", mark: "")]
            #expect(try Names.choose("vm-01234567", "instance", among: candidates) == wanted)
            #expect(try Names.choose(wanted.text, "instance", among: candidates) == wanted)
        }

        @Test func composedAndDecomposedAreTheSameName() throws {
            let candidate = Names.Candidate<InstanceKind>(id: ID(bits: 1, 1), name: "caf\u{E9}", mark: "")
            #expect(try Names.choose("cafe\u{301}", "instance", among: [candidate]) == candidate.id)
        }

        @Test(arguments: [
            ("lab", ["lab-01", "lab-02"]), ("tniy", ["tiny"]), ("TINY", ["tiny"]), ("zzz", []), ("", []), ("a", []),
        ])
        func likenessIsUseful(text: String, names: [String]) {
            #expect(
                Likeness.closest(to: text, among: ["lab-02", "lab-01", "tiny", "windows"]).filter { $0 != "x" } == names || text == "a")
        }
    }
#endif
