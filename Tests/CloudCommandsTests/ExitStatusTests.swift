// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudModel
    import Testing

    @testable import CloudCommands

    @Suite struct ExitStatusTests {
        @Test(arguments: [
            ("not-found", 404, 3), ("events-gone", 410, 3), ("denied", 403, 4), ("not-signed-in", 401, 4), ("token-expired", 401, 4),
            ("busy", 409, 5),
            ("stale-version", 412, 5), ("precondition-required", 428, 5), ("invalid-field", 422, 2), ("malformed-request", 400, 2),
            ("image-malformed", 422, 1), ("disk-full", 507, 1), ("unavailable", 503, 1), ("code-of-the-future", 418, 1),
        ])
        func aRefusalHasItsStatusAndThreeLines(code: String, status: Int, exit: Int32) async {
            let cloud = StubCloud(["GET /v1/instances": [.problem(code, status)]])
            let run = await Run.lyceum(["instance", "list"], cloud)
            #expect(run.status == exit)
            let lines = run.err.split(separator: "\n")
            #expect(lines.count == 3 && run.out.isEmpty)
            #expect(lines[0] == "Error:  what \(code)" && lines[1] == "Why:    why \(code)" && lines[2].hasPrefix("Next:   "))
        }

        @Test func everyCodeOfTheCatalogueHasAStatusThatIsNoSuccess() {
            for code in ErrorCode.allCases {
                let status = ExitStatus(Problem(CloudError(code), in: .english))
                #expect(status != .done && status != .unreachable, "\(code)")
            }
        }

        @Test(arguments: [
            ["instance", "lst"], ["instance", "show"], ["launch"], ["launch", "t", "--count", "0"], ["launch", "t", "--revision", "0"],
            ["port", "open", "a", "0"],
            ["port", "open", "a", "70000"], ["template", "create", "t", "--image", "i", "--memory", "x", "--cpus", "1"],
            ["image", "import", "f", "--name", "n", "--format", "vmdk"], ["api", "GET", "v1"], ["api", "GET", "/v1 x"], ["--nonsense"],
            ["event", "list", "--limit", "0"],
        ])
        func wrongUsageIsTwo(arguments: [String]) async {
            let cloud = StubCloud([:])
            let run = await Run.lyceum(arguments, cloud)
            #expect(run.status == 2 && !run.err.isEmpty && run.out.isEmpty && cloud.calls.isEmpty)
        }

        @Test(arguments: [["--help"], ["help", "instance"], ["instance"], [], ["--version"], ["--generate-completion-script", "bash"]])
        func helpIsNoFailure(arguments: [String]) async {
            let run = await Run.lyceum(arguments, StubCloud([:]))
            #expect(run.status == 0 && !run.out.isEmpty && run.err.isEmpty)
        }

        @Test(arguments: ["nonsense", "http://h/v1", "unix:relative"])
        func anAddressThatIsNoneIsUsage(url: String) async {
            let run = await Run.lyceum(["status"], StubCloud([:]), environment: ["LYCEUM_URL": url])
            #expect(run.status == 2 && run.err.contains(url))
        }

        @Test func aRefusalSpeaksOfTheNameThatWasTyped() async {
            let refused = Wire.problem("state-forbids", 409, parameters: #"{"object":"\#(Wire.id(1))"}"#).replacing(
                "why state", with: "\(Wire.id(1)) state")
            let cloud = StubCloud([
                "GET /v1/instances": [.init(text: Wire.list([Wire.instance(1, "lab-01")]))],
                "GET /v1/instances/\(Wire.id(1))": [.init(text: Wire.instance(1, "lab-01"))],
                "POST /v1/instances/\(Wire.id(1))/wake": [.init(status: 409, text: refused, type: "application/problem+json")],
            ])
            let run = await Run.lyceum(["instance", "wake", "lab-01"], cloud)
            #expect(run.status == 5 && run.err.contains("Why:    “lab-01” state"), "\(run.err)")
        }

        @Test func aNameThatWouldActOnTheTerminalDoesNotInAnError() async {
            let run = await Run.lyceum(["instance", "show", "x\u{1B}[2J"], StubCloud(["GET /v1/instances": ["{\"items\":[]}"]]))
            #expect(run.status == 3 && !run.err.contains("\u{1B}") && run.err.contains("\\u{1B}"))
        }
    }
#endif
