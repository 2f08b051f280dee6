// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient
    import CloudModel
    import Foundation
    import Testing

    @testable import CloudCommands

    /// Commands from their arguments to their ends.
    @Suite struct VerbRunsTests {
        private func cloud(_ more: [String: [StubCloud.Reply]]) -> StubCloud {
            var table: [String: [StubCloud.Reply]] = [
                "GET /v1/instances/\(Wire.id(1))": [StubCloud.Reply(text: Wire.instance(1, "lab-01"))],
                "GET /v1/instances/\(Wire.id(2))": [StubCloud.Reply(text: Wire.instance(2, "lab-02"))],
                "GET /v1/templates": [StubCloud.Reply(text: Wire.list([Wire.template]))],
            ]
            table.merge(more) { $1 }
            return StubCloud(table)
        }
        private func body(_ cloud: StubCloud, _ route: String) throws -> JSONValue? {
            for (call, name) in zip(cloud.calls, cloud.routes) where name == route {
                if case .bytes(let bytes, _) = call.body { return try StrictJSON.parse(bytes) }
            }
            return nil
        }

        @Test func startWaitsAndPrintsTheInstance() async {
            let op = "op-1"
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.accepted(Wire.operation(op, object: Wire.id(1)))],
                "GET /v1/operations/op-1": [
                    StubCloud.Reply(text: Wire.operation(op, object: Wire.id(1))),
                    StubCloud.Reply(text: Wire.operation(op, object: Wire.id(1), state: "done")),
                ],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud)
            #expect(run.status == 0)
            #expect(run.out == "\(Wire.id(1))\tlab-01\trunning\tyes\t10.7.0.1\t\n")
            #expect(run.err == "instance.start lab-01: done\n")
        }

        /// The start behind a resize is part of what was asked for: it is waited for, and its refusal is the command's.
        @Test(arguments: [true, false]) func aResizeWithARestartEndsWithItsStart(starts: Bool) async {
            let problem = Wire.problem("no-host", 409, parameters: #"{"instance":"vm-1","hosts":"host-1"}"#)
            let start = Wire.operation(
                "op-2", object: Wire.id(1), state: starts ? "done" : "undone", failure: starts ? nil : problem)
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/resize": [.accepted(Wire.operation("op-1", object: Wire.id(1), verb: "instance.resize"))],
                "GET /v1/operations/op-1": [
                    StubCloud.Reply(
                        text: Wire.operation("op-1", object: Wire.id(1), state: "done", verb: "instance.resize", children: ["op-2"]))
                ],
                "GET /v1/operations/op-2": [
                    StubCloud.Reply(text: Wire.operation("op-2", object: Wire.id(1))), StubCloud.Reply(text: start),
                ],
            ])
            let run = await Run.lyceum(["instance", "resize", Wire.id(1), "--memory", "1G", "--restart"], cloud)
            #expect((run.status == 0) == starts, "\(run)")
            let end = starts ? "done\n" : "failed and taken back: "
            #expect(run.err.hasPrefix("instance.resize lab-01: done\ninstance.start lab-01: \(end)"), "\(run)")
            #expect(run.out.hasPrefix(Wire.id(1)), "\(run)")
        }

        @Test func whatIsRenewedIsShownWithItsDates() async {
            let lease = #", "lease":{"policy":"lease-1","suspendAt":"2026-02-03T12:00:00Z","destroyAt":"2026-02-10T12:00:00Z"}"#
            let operation = Wire.operation("op-1", object: Wire.id(1), state: "done", verb: "instance.renew")
            let cloud = cloud([
                "GET /v1/instances/\(Wire.id(1))": [StubCloud.Reply(text: Wire.instance(1, "lab-01", more: lease))],
                "POST /v1/instances/\(Wire.id(1))/renew": [.accepted(operation)],
                "GET /v1/operations/op-1": [StubCloud.Reply(text: operation)],
            ])
            let run = await Run.lyceum(["instance", "renew", Wire.id(1)], cloud)
            #expect(run.status == 0 && run.out.hasSuffix("\t2026-02-03T12:00:00Z\t2026-02-10T12:00:00Z\n"), "\(run)")
        }

        @Test func aScreenshotIsKeptInAFile() async {
            let cloud = cloud(["GET /v1/instances/\(Wire.id(1))/screenshot": [StubCloud.Reply(text: "picture")]])
            let run = await Run.lyceum(["instance", "screenshot", Wire.id(1), "--output", "a.png"], cloud)
            #expect(run.status == 0 && run.saved == ["a.png": "picture"] && run.out.isEmpty, "\(run)")
            let there = await Run.lyceum(["instance", "screenshot", Wire.id(1), "--output", "b.png"], cloud, files: ["b.png": "mine"])
            #expect(there.status != 0 && there.saved.isEmpty, "what is there is not written over")
            #expect(await Run.lyceum(["instance", "screenshot", Wire.id(1)], cloud).status == 2)
        }

        @Test func thePasswordIsShownWhenItIsAskedFor() async {
            let body = #"{"account":"student","password":"twenty letters of it"}"#
            let run = await Run.lyceum(
                ["instance", "password", Wire.id(1)], cloud(["GET /v1/instances/\(Wire.id(1))/password": [StubCloud.Reply(text: body)]]))
            #expect(run.status == 0 && run.out == "account\tstudent\npassword\ttwenty letters of it\n", "\(run)")
        }

        @Test func aPasswordThatIsInDoubtIsSaidToBe() async {
            let body = #"{"account":"student","password":"twenty letters of it","doubtful":true}"#
            let run = await Run.lyceum(
                ["instance", "password", Wire.id(1)], cloud(["GET /v1/instances/\(Wire.id(1))/password": [StubCloud.Reply(text: body)]]))
            #expect(run.status == 0 && run.err.contains("may have another"), "\(run)")
        }

        @Test func aPasswordComesFromAFileAndNotFromTheCommandLine() async throws {
            func cloud() -> StubCloud {
                self.cloud([
                    "POST /v1/instances/\(Wire.id(1))/set-password": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                    "GET /v1/operations/op-1": [StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done"))],
                ])
            }
            let chosen = cloud()
            let run = await Run.lyceum(
                ["instance", "set-password", Wire.id(1), "--password-file", "-"], chosen, files: ["-": "first line\nsecond\n"])
            #expect(run.status == 0 && !run.out.contains("first line") && !run.err.contains("first line"))
            #expect(try body(chosen, "POST /v1/instances/\(Wire.id(1))/set-password")?["password"] == .string("first line"))
            let made = cloud()
            #expect(await Run.lyceum(["instance", "set-password", Wire.id(1)], made).status == 0)
            #expect(try body(made, "POST /v1/instances/\(Wire.id(1))/set-password") == .object([]))
            #expect(await Run.lyceum(["instance", "set-password", Wire.id(1), "secret"], cloud()).status == 3, "that is a name")
        }

        @Test func keysComeFromFiles() async throws {
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/install-keys": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done"))],
            ])
            let run = await Run.lyceum(
                ["instance", "install-keys", Wire.id(1), "--install", "a.pub", "--remove", "b.pub"], cloud,
                files: ["a.pub": "ssh-ed25519 AAAA a\n# b\n", "b.pub": "ssh-ed25519 BBBB b\n"])
            #expect(run.status == 0, "\(run.err)")
            let sent = try body(cloud, "POST /v1/instances/\(Wire.id(1))/install-keys")
            #expect(
                sent?["install"] == .array([.string("ssh-ed25519 AAAA a")]) && sent?["remove"] == .array([.string("ssh-ed25519 BBBB b")]))
            let key = await Run.lyceum(
                ["instance", "install-keys", Wire.id(1), "--install", "a"], cloud, files: ["a": "-----BEGIN OPENSSH PRIVATE KEY-----"])
            #expect(key.status != 0 && key.err.contains("private key"))
            let large = await Run.lyceum(
                ["instance", "install-keys", Wire.id(1), "--remove", "disk"], cloud, files: ["disk": String(repeating: "x", count: 1 << 20)]
            )
            #expect(large.status != 0 && large.err.contains("disk") && large.err.contains("512 KiB"), "\(large.err)")
        }

        @Test func progressOnATerminalIsOneLineThatChanges() async {
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [
                    StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1))),
                    StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done")),
                ],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud, terminal: true)
            #expect(run.err.contains("\r\u{1B}[Kinstance.start lab-01: 40 % (op-1)\r\u{1B}[Kinstance.start lab-01: done\n"))
        }

        @Test func anInterruptionNamesWhatGoesOn() async {
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done"))],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud, terminal: true)
            #expect(run.interruptions == ["\nop-1 goes on: lyceum operation wait op-1\n", nil])
            #expect(run.err.hasPrefix("\r\u{1B}[Klab-01: begun (op-1)"), "something is shown at once")
        }

        @Test(arguments: ["images", "-"]) func whatIsNoFileIsNotSentAsAnImage(_ file: String) async {
            let cloud = cloud([:])
            let run = await Run.lyceum(["image", "import", file, "--name", "x", "--format", "raw"], cloud, files: ["images": "folder"])
            #expect(run.status == 1 && run.err.hasPrefix("Error:  The file cannot be used") && cloud.calls.isEmpty, "\(run.err)")
        }

        @Test func noWaitPrintsTheOperation() async {
            let cloud = cloud(["POST /v1/instances/\(Wire.id(1))/wake": [.accepted(Wire.operation("op-1", object: Wire.id(1)))]])
            let run = await Run.lyceum(["instance", "wake", Wire.id(1), "--no-wait"], cloud)
            #expect(run.status == 0 && run.out.hasPrefix("op-1\tinstance.start\t\(Wire.id(1))\trunning\t40\t"))
            #expect(!cloud.routes.contains { $0.contains("operations") })
        }

        @Test(arguments: [("state-forbids", 409, Int32(5)), ("no-host", 507, 1), ("not-found", 404, 3)])
        func anOperationThatFailsIsAFailedCommand(code: String, status: Int, exit: Int32) async {
            let failure = Wire.problem(code, status)
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [
                    StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "undone", failure: failure))
                ],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud)
            #expect(run.status == exit && run.err.contains("Error:  what \(code)\nWhy:    why \(code)\nNext:   "))
        }

        /// Three machines: the first busy, the second refused otherwise, the third started.
        private func three(_ second: StubCloud.Reply) -> StubCloud {
            cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.problem("busy", 409, parameters: #"{"operation":"op-9"}"#)],
                "POST /v1/instances/\(Wire.id(2))/start": [second],
                "POST /v1/instances/\(Wire.id(3))/start": [.accepted(Wire.operation("op-3", object: Wire.id(3)))],
                "GET /v1/instances/\(Wire.id(3))": [StubCloud.Reply(text: Wire.instance(3, "lab-03"))],
                "GET /v1/operations/op-3": [StubCloud.Reply(text: Wire.operation("op-3", object: Wire.id(3), state: "done"))],
            ])
        }

        @Test func aRefusalOfOneKeepsNoOtherFromBeingTried() async {
            let cloud = three(.problem("denied", 403))
            let run = await Run.lyceum(["instance", "start", Wire.id(1), Wire.id(2), Wire.id(3)], cloud)
            #expect(run.out.hasPrefix(Wire.id(3)) && run.out.split(separator: "\n").count == 1)
            #expect(
                run.err.hasPrefix("lab-01: refused: why busy\nlab-02: refused: why denied\ninstance.start lab-03: done\n"), "\(run.err)")
            #expect(run.status == 4, "denied is worse than a conflict")
            #expect(run.err.contains("Error:  2 of 3 failed: what denied\nWhy:    lab-01: why busy\n        lab-02: why denied\n"))
        }

        @Test func theWorstOfSeveralIsTheStatus() async {
            func status(_ second: StubCloud.Reply) async -> Int32 {
                await Run.lyceum(["instance", "start", Wire.id(1), Wire.id(2), Wire.id(3)], three(second)).status
            }
            #expect(await status(.problem("no-host", 507)) == 1)
            #expect(await status(.problem("not-found", 404)) == 3)
            #expect(await status(.problem("invalid-field", 422)) == 5)
            #expect(Set(ExitStatus.fromLeastToWorst) == Set(ExitStatus.allCases))
        }

        @Test func whatIsNamedTwiceCountsOnce() async {
            let route = "POST /v1/instances/\(Wire.id(1))/start"
            let cloud = cloud([
                route: [.accepted(Wire.operation("op-1", object: Wire.id(1))), .problem("busy", 409)],
                "GET /v1/operations/op-1": [StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done"))],
                "GET /v1/instances": [StubCloud.Reply(text: Wire.list([Wire.instance(1, "lab-01")]))],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1), "lab-01"], cloud)
            #expect(run.status == 0 && run.err.hasPrefix("lab-01: named more than once, which counts once\n"), "\(run.err)")
            #expect(cloud.routes.count { $0 == route } == 1 && run.out.split(separator: "\n").count == 1)
        }

        @Test func whatHasBegunIsNamedWhereTheCloudGoesAway() async {
            let began = "POST /v1/instances/\(Wire.id(1))/start"
            let cloud = cloud([
                began: [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1))), .away],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud)
            let told = "the cloud does not answer (reset); op-1 goes on when its daemon does; asking again for two minutes\n"
            #expect(run.status == 6 && run.err.hasPrefix(told), "\(run.err)")
            #expect(run.err.components(separatedBy: told).count == 2, "it is said once")
            #expect(run.err.contains("goes on as soon as the daemon runs: op-1 (lab-01)\nNext:   lyceum operation wait op-1"), "\(run.err)")
            // It comes back: nothing is lost, and that it was away is said all the same.
            let back = self.cloud([
                began: [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [
                    .away, .away, StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done")),
                ],
            ])
            let well = await Run.lyceum(["instance", "start", Wire.id(1)], back)
            #expect(well.status == 0 && well.err == told + "instance.start lab-01: done\n", "\(well.err)")
            // Between the first and the second: the first goes on, of the second nobody knows.
            let half = self.cloud([
                began: [.accepted(Wire.operation("op-1", object: Wire.id(1)))], "POST /v1/instances/\(Wire.id(2))/start": [.away],
            ])
            let cut = await Run.lyceum(["instance", "start", Wire.id(1), Wire.id(2)], half)
            #expect(cut.status == 6 && cut.err.contains("op-1 (lab-01)") && cut.err.contains("for lab-02 is not known"), "\(cut.err)")
        }

        /// A proxy's page is no answer of the cloud's: what has begun is named all the same, and what was not asked for is told apart.
        @Test(arguments: [StubCloud.Reply.away, StubCloud.Reply(status: 502, text: "<html>Bad Gateway</html>", type: "text/html")])
        func whatWasNeverAskedForHasNotBegun(second: StubCloud.Reply) async {
            let third = "POST /v1/instances/\(Wire.id(3))/start"
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "POST /v1/instances/\(Wire.id(2))/start": [second],
                "GET /v1/instances/\(Wire.id(3))": [StubCloud.Reply(text: Wire.instance(3, "lab-03"))],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1), Wire.id(2), Wire.id(3)], cloud)
            #expect(run.status == 6 && run.err.contains("goes on as soon as the daemon runs: op-1 (lab-01)\n"), "\(run.err)")
            #expect(run.err.contains("whether anything has begun for lab-02 is not known\n"), "\(run.err)")
            #expect(run.err.contains("nothing was begun for lab-03\nNext:   lyceum operation wait op-1"), "\(run.err)")
            #expect(!cloud.routes.contains(third))
        }

        @Test func aProxyInBetweenKeepsNothingFromBeingNamed() async {
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                "GET /v1/operations/op-1": [StubCloud.Reply(status: 502, text: "<html>Bad Gateway</html>", type: "text/html")],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud)
            #expect(run.status == 6 && run.err.contains("op-1 (lab-01)") && run.err.contains("502"), "\(run.err)")
        }

        @Test func aNameThatIsNoneStopsAllAndSaysSo() async {
            let cloud = cloud(["GET /v1/instances": [.init(text: Wire.list([]))]])
            let run = await Run.lyceum(["instance", "start", Wire.id(1), "nosuch"], cloud)
            #expect(run.status == 3 && run.err.hasPrefix("nothing has begun for any of the 2 that are named\nError:  "), "\(run.err)")
            #expect(!cloud.routes.contains { $0.hasPrefix("POST") })
        }

        @Test func aRefusalAmongSeveralNamesTheMachineByItsName() async {
            let refusal = Wire.problem("busy", 409).replacing("why busy", with: "\(Wire.id(1)) is held by the operation op-9.")
            let cloud = cloud([
                "POST /v1/instances/\(Wire.id(1))/start": [
                    StubCloud.Reply(status: 409, text: refusal, type: "application/problem+json")
                ],
                "POST /v1/instances/\(Wire.id(2))/start": [.accepted(Wire.operation("op-2", object: Wire.id(2)))],
                "GET /v1/operations/op-2": [StubCloud.Reply(text: Wire.operation("op-2", object: Wire.id(2), state: "done"))],
            ])
            let run = await Run.lyceum(["instance", "start", Wire.id(1), Wire.id(2)], cloud)
            #expect(run.err.hasPrefix("lab-01: refused: “lab-01” is held by the operation op-9.\n"), "\(run.err)")
            #expect(run.err.contains("Why:    lab-01: “lab-01” is held by the operation op-9.\n"), "\(run.err)")
        }

        @Test func whatLivesKeepsNothingElseInTheTrash() async {
            let recover = { "POST /v1/instances/\(Wire.id($0))/recover" }
            let cloud = cloud([
                "GET /v1/instances/\(Wire.id(2))": [StubCloud.Reply(text: Wire.instance(2, "lab-02", state: "destroyed"))],
                "GET /v1/instances": [
                    .init(text: Wire.list([])), .init(text: Wire.list([])), .init(text: Wire.list([Wire.instance(1, "lab-01")])),
                ],
                recover(1): [.problem("state-forbids", 409)],
                recover(2): [.accepted(Wire.operation("op-2", object: Wire.id(2), verb: "instance.recover"))],
                "GET /v1/operations/op-2": [StubCloud.Reply(text: Wire.operation("op-2", object: Wire.id(2), state: "done"))],
            ])
            let run = await Run.lyceum(["instance", "recover", "lab-01", Wire.id(2)], cloud)
            #expect(run.status == 5 && run.err.contains("lab-01: refused: why state-forbids\n"), "\(run.err)")
            #expect(cloud.routes.contains(recover(2)) && run.out.hasPrefix(Wire.id(2)), "\(run)")
        }

        @Test func aResizeOfWhatRunsSaysHow() async {
            let parameters = #"{"verb":"resize","state":"running","object":"\#(Wire.id(1))","allowed":"stopped"}"#
            let cloud = cloud(["POST /v1/instances/\(Wire.id(1))/resize": [.problem("state-forbids", 409, parameters: parameters)]])
            let run = await Run.lyceum(["instance", "resize", Wire.id(1), "--cpus", "2"], cloud)
            #expect(run.status == 5 && run.err.contains("Next:   run it again with --restart"), "\(run.err)")
        }

        @Test func aVerbOnWhatIsInTheTrashSaysHowItComesBack() async {
            let parameters = #"{"verb":"start","state":"destroyed","object":"\#(Wire.id(1))","allowed":"failed, pending, stopped"}"#
            let cloud = cloud(["POST /v1/instances/\(Wire.id(1))/start": [.problem("state-forbids", 409, parameters: parameters)]])
            let run = await Run.lyceum(["instance", "start", Wire.id(1)], cloud)
            #expect(run.status == 5 && run.err.contains("Next:   lyceum instance recover \(Wire.id(1))"), "\(run.err)")
        }

        @Test func aDiskInAnotherStateIsShownAsADisk() async {
            let disk = ID<DiskKind>(bits: 7, 7).text
            let parameters = #"{"verb":"delete-disk","state":"attached","object":"\#(disk)","allowed":"detached"}"#
            let run = await Run.lyceum(
                ["disk", "delete", disk, "--yes"],
                cloud(["POST /v1/disks/\(disk)/delete": [.problem("state-forbids", 409, parameters: parameters)]]))
            #expect(run.status == 5 && run.err.contains("Next:   lyceum disk show \(disk)\n"), "\(run.err)")
        }

        @Test func aLaunchThatLosesTheCloudSaysWhatGoesOn() async {
            let cloud = cloud([
                "POST /v1/instances": [.accepted(Wire.operation("op-1", object: Wire.id(1), verb: "instance.create"))],
                "GET /v1/operations/op-1": [.away],
            ])
            let run = await Run.lyceum(["launch", "Tiny", "mine"], cloud)
            #expect(run.status == 6 && run.err.contains("op-1 (mine)"), "\(run.err)")
        }

        @Test func aTemplateOfDraftsAloneSaysHowToPublishOne() async {
            let cloud = cloud([
                "POST /v1/instances": [.problem("not-published", 409, parameters: #"{"template":"tmpl-1","drafts":"1, 2"}"#)]
            ])
            let run = await Run.lyceum(["launch", "Tiny"], cloud)
            #expect(run.status == 5 && run.err.contains("lyceum template publish tmpl-1 2"), "\(run.err)")
            #expect(run.err.contains("lyceum launch tmpl-1 --revision 2"))
        }

        @Test(arguments: [["recover", "lab-01"], ["recover", Wire.id(1)]]) func whatLivesNeedsNoRecovery(command: [String]) async {
            let cloud = cloud([
                // Twice in the trash: the name, then all of it for names like it; then among the living.
                "GET /v1/instances": [
                    .init(text: Wire.list([])), .init(text: Wire.list([])), .init(text: Wire.list([Wire.instance(1, "lab-01")])),
                ]
            ])
            let run = await Run.lyceum(["instance"] + command, cloud)
            #expect(run.status == 5 && run.err.contains("“lab-01” (\(Wire.id(1))) is there, running, and needs no recovery"), "\(run.err)")
            #expect(!cloud.routes.contains { $0.hasPrefix("POST") })
        }

        @Test func aTagThatIsNoneIsNamedAsItWasTyped() async {
            let cloud = cloud([:])
            let run = await Run.lyceum(["instance", "update", Wire.id(1), "--tag", "z", "--tag", "a b"], cloud)
            #expect(run.status == 2 && run.err.contains("--tag “a b”: a tag has 1 to 63 characters") && cloud.calls.isEmpty, "\(run.err)")
        }

        @Test func destroyNeedsAWordOfConsent() async {
            let begun = "POST /v1/instances/\(Wire.id(1))/destroy"
            func cloud() -> StubCloud {
                self.cloud([
                    begun: [.accepted(Wire.operation("op-1", object: Wire.id(1)))],
                    "GET /v1/operations/op-1": [StubCloud.Reply(text: Wire.operation("op-1", object: Wire.id(1), state: "done"))],
                ])
            }
            let (piped, asked, refused, silent, yes) = (cloud(), cloud(), cloud(), cloud(), cloud())
            #expect(await Run.lyceum(["instance", "destroy", Wire.id(1)], piped).status == 2)
            #expect(await Run.lyceum(["instance", "destroy", Wire.id(1)], refused, terminal: true, lines: ["n"]).status == 1)
            #expect(await Run.lyceum(["instance", "destroy", Wire.id(1)], silent, terminal: true).status == 1)
            for cloud in [piped, refused, silent] { #expect(!cloud.routes.contains(begun)) }
            let answered = await Run.lyceum(["instance", "destroy", Wire.id(1)], asked, terminal: true, lines: ["y"])
            #expect(answered.status == 0 && answered.err.contains("Destroy “lab-01” (\(Wire.id(1)), running)? [y/N] "))
            #expect(await Run.lyceum(["instance", "destroy", "--yes", Wire.id(1)], yes).status == 0)
            for cloud in [asked, yes] { #expect(cloud.routes.contains(begun)) }
        }

        @Test func aBatchSaysWhichOnesAreNotReady() async throws {
            let (one, two) = (Wire.id(1), Wire.id(2))
            let made = Wire.operation(
                "op-1", object: one, state: "done", verb: "instance.create", children: ["op-2", "op-3"], objects: [one, two])
            let cloud = cloud([
                "POST /v1/instances": [.accepted(Wire.operation("op-1", object: one, verb: "instance.create"))],
                "GET /v1/operations/op-1": [StubCloud.Reply(text: made)],
                "GET /v1/operations/op-2": [StubCloud.Reply(text: Wire.operation("op-2", object: one, state: "done"))],
                "GET /v1/operations/op-3": [
                    StubCloud.Reply(text: Wire.operation("op-3", object: two, state: "undone", failure: Wire.problem("no-host", 507)))
                ],
                "GET /v1/instances/\(two)": [StubCloud.Reply(text: Wire.instance(2, "lab-02", state: "pending", ready: false))],
            ])
            let run = await Run.lyceum(["launch", "Tiny", "lab-%02d", "--count", "2", "--revision", "3"], cloud)
            #expect(run.status == 1)
            #expect(run.out.split(separator: "\n").count == 2)
            #expect(run.err.contains("1 of 2 ready\nError:  1 of 2 failed: what no-host\nWhy:    lab-02: why no-host\n"))
            let sent = try #require(try body(cloud, "POST /v1/instances"))
            #expect(sent["template"] == .string("tmpl-1") && sent["count"] == .number("2") && sent["revision"] == .number("3"))
            #expect(sent["name"] == .string("lab-%02d") && sent["start"] == .boolean(true))
        }

        @Test func aTemplateIsSharedWithWhomItSays() async throws {
            let cloud = cloud([
                "GET /v1/images": [
                    StubCloud.Reply(
                        text: Wire.list([
                            #"{"id":"img-1","name":"tiny","owner":"user-1","group":"grp-1","state":"available","format":"raw","#
                                + #""virtualSize":1,"fileSize":1,"createdAt":"2026-02-03T09:00:00Z"}"#
                        ]))
                ],
                "GET /v1/users": [
                    StubCloud.Reply(
                        text: Wire.list([#"{"id":"user-7","login":"bela","name":"B","role":"end-user","personalGroup":"grp-7","keys":[]}"#])
                    )
                ],
                "GET /v1/groups": [StubCloud.Reply(text: Wire.list([#"{"id":"grp-9","name":"Lab","owner":"user-1"}"#]))],
                "POST /v1/templates": [.accepted(Wire.operation("op-1", object: "tmpl-1"))],
            ])
            let run = await Run.lyceum(
                [
                    "template", "create", "T", "--image", "tiny", "--memory", "1.5G", "--cpus", "2", "--everybody", "--shared-with", "bela",
                    "--shared-with", "Lab", "--shared-with", "user-8", "--no-wait",
                ], cloud)
            #expect(run.status == 0, "\(run.err)")
            let sent = try #require(try body(cloud, "POST /v1/templates"))
            #expect(sent["memory"] == .number("1610612736") && sent["image"] == .string("img-1"))
            #expect(sent["sharedWith"] == .array(["grp-everybody", "user-7", "grp-9", "user-8"].map { .string($0) }))
        }

        @Test func aLoginThatTheCallerMayNotListIsForTheCloudToKnow() async throws {
            func cloud(_ answer: StubCloud.Reply) -> StubCloud {
                self.cloud([
                    "GET /v1/images/img-00000000000000000001": [], "GET /v1/users": [.init(text: Wire.list([]))],
                    "GET /v1/groups": [.init(text: Wire.list([#"{"id":"grp-9","name":"bella","owner":"user-1"}"#]))],
                    "POST /v1/templates": [answer],
                ])
            }
            let command = [
                "template", "create", "T", "--image", "img-00000000000000000001", "--memory", "1G", "--cpus", "1", "--shared-with", "bela",
                "--no-wait",
            ]
            let known = cloud(.accepted(Wire.operation("op-1", object: "tmpl-1")))
            let run = await Run.lyceum(command, known)
            #expect(run.status == 0, "\(run.err)")
            #expect(try body(known, "POST /v1/templates")?["sharedWith"] == .array([.string("bela")]))
            let unknown = await Run.lyceum(command, cloud(.problem("not-found", 404, parameters: #"{"object":"bela"}"#)))
            #expect(
                unknown.status == 3 && unknown.err.contains("no person or group “bela”") && unknown.err.contains("“bella”"),
                "\(unknown.err)")
        }

        @Test(arguments: [
            (
                ["user", "list"], "/v1/users",
                #"{"id":"user-#","login":"l#","name":"N","role":"end-user","personalGroup":"grp-1","keys":[]}"#
            ),
            (
                ["user", "tokens", "user-00000000000000000001"], "/v1/users/user-00000000000000000001/tokens",
                ##"{"id":"tok-#","user":"user-00000000000000000001","label":"l","createdAt":"2026-02-03T09:00:00Z"}"##
            ),
            (["group", "list"], "/v1/groups", ##"{"id":"grp-#","name":"N","owner":"user-1"}"##),
            (["host", "list"], "/v1/hosts", ##"{"id":"host-#","name":"N","state":"active","reserve":1,"cpuRatio":1,"reachable":true}"##),
            (
                ["port", "list", Wire.id(1)], "/v1/instances/\(Wire.id(1))/forwarded-ports",
                ##"{"id":"fwd-#","transport":"tcp","publicPort":20000,"targetPort":22,"instance":"vm-1","createdAt":"2026-02-03T09:00:00Z"}"##
            ),
        ])
        func aListIsReadToItsLastPage(command: [String], path: String, item: String) async {
            let pages = (1...3).map { Wire.list([item.replacing("#", with: "\($0)")], next: $0 < 3 ? "c\($0)" : nil) }
            let cloud = cloud(["GET \(path)": pages.map { StubCloud.Reply(text: $0) }])
            let run = await Run.lyceum(command, cloud)
            #expect(run.status == 0 && run.out.split(separator: "\n").count == 3, "\(run)")
            #expect(cloud.calls.map(\.target) == ["", "&cursor=c1", "&cursor=c2"].map { "\(path)?limit=500\($0)" })
        }

        @Test(arguments: [
            (["--expires", "2026-03-01T00:00:00+01:00"], "2026-02-28T23:00:00Z"), (["--expires", "90m"], "2026-02-03T10:30:00Z"),
            (["--expires", "30d"], "2026-03-05T09:00:00Z"), ([], nil),
        ])
        func aTokenEndsWhenItIsSaid(options: [String], end: String?) async throws {
            let user = "user-00000000000000000001"
            let answer = #"{"id":"tok-1","user":"\#(user)","label":"l","token":"secret"\#(end.map { #","expiresAt":"\#($0)""# } ?? "")}"#
            let cloud = cloud(["POST /v1/users/\(user)/tokens": [StubCloud.Reply(status: 201, text: answer)]])
            let run = await Run.lyceum(["user", "token", user] + options, cloud)
            #expect(run.status == 0 && run.out == "secret\n" && run.err.contains("ends \(end ?? "never")"), "\(run)")
            #expect(try body(cloud, "POST /v1/users/\(user)/tokens")?["expiresAt"] == end.map { .string($0) })
        }

        @Test(arguments: ["", "d", "0d", "-1d", "3661d", "30", "1.5h", "30 d", "tomorrow", "2026-02-30T00:00:00Z", "99999999999999999999d"])
        func whatIsNoEndIsNotSent(text: String) async {
            let cloud = cloud([:])
            #expect(await Run.lyceum(["user", "token", "--expires=\(text)"], cloud).status == 2 && cloud.calls.isEmpty)
        }

        @Test func aTokenIsRevokedByItsIdAndItsTextNeverLeaves() async {
            let (user, text) = ("user-00000000000000000001", "ygya940WGHe49IuVqcO9mY6Qm5GRr3CvzlU8Br9R4HU")
            let row = #"{"id":"tok-1","user":"\#(user)","label":"phone","createdAt":"2026-02-03T09:00:00Z"}"#
            let cloud = cloud(["DELETE /v1/users/\(user)/tokens/tok-1": [StubCloud.Reply(text: row)]])
            let run = await Run.lyceum(["user", "revoke", user, "tok-1"], cloud)
            #expect(run.status == 0 && run.out.contains("phone"), "\(run)")
            let wrong = await Run.lyceum(["user", "revoke", user, text], cloud)
            #expect(wrong.status == 2 && !wrong.err.contains(text) && wrong.err.contains("lyceum user tokens"), "\(wrong)")
            #expect(cloud.calls.map(\.target) == ["/v1/users/\(user)/tokens/tok-1"])
        }

        @Test func aPrivateKeyNeverLeaves() async {
            let cloud = cloud([:])
            let files = ["id": "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"]
            let run = await Run.lyceum(["key", "set", "id", "--user", "user-00000000000000000001"], cloud, files: files)
            #expect(run.status == 1 && run.err.contains("private key") && cloud.calls.isEmpty)
        }

        @Test func keysAreTheLinesOfTheFiles() async throws {
            let user = "user-00000000000000000001"
            let cloud = cloud([
                "PUT /v1/users/\(user)/keys": [
                    StubCloud.Reply(
                        text: #"{"id":"\#(user)","login":"a","name":"A","role":"end-user","personalGroup":"grp-1","keys":["k","l"]}"#)
                ]
            ])
            let files = ["one.pub": "# mine\nssh-ed25519 AAA one\r\n\n", "-": "  ssh-rsa BBB two"]
            let run = await Run.lyceum(["key", "set", "one.pub", "-", "--user", user], cloud, files: files)
            #expect(run.status == 0)
            let sent = try body(cloud, "PUT /v1/users/\(user)/keys")
            #expect(sent?["keys"] == .array([.string("ssh-ed25519 AAA one"), .string("ssh-rsa BBB two")]))
        }
    }
#endif
