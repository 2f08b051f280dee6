// SPDX-License-Identifier: Apache-2.0

import CloudModel
import NetFabricLinux
import Testing

@Suite struct SubprocessToolsTests {
    @Test func inputAndArgumentsArriveAsTheyAre() async throws {
        let tools = SubprocessTools()
        #expect(try await tools.run(ToolCall("/usr/bin/cat", [], input: "a\n$(id)\n")) == "a\n$(id)\n")
        #expect(try await tools.run(ToolCall("/usr/bin/printf", ["%s|", "a b", "$(id)", "; rm"])) == "a b|$(id)|; rm|")
    }

    // A program that ends before it reads what it is given must not take this process with it.
    @Test func inputThatNobodyReadsHarmsNobody() async throws {
        let tools = SubprocessTools()
        let input = String(repeating: "x", count: 1 << 20)
        for _ in 0..<50 { #expect(try await tools.run(ToolCall("/usr/bin/true", [], input: input)) == "") }
    }

    @Test func aBadEndIsAFailureWithItsWords() async throws {
        let call = ToolCall("/usr/bin/cat", ["/nowhere"])
        do {
            _ = try await SubprocessTools().run(call)
            Issue.record("it ended well")
        } catch let failure as ToolFailure {
            #expect(failure.call == call && failure.status == 1 && failure.message.contains("No such file"))
        }
    }

    @Test func whatDoesNotEndIsUnknown() async throws {
        let tools = SubprocessTools(limit: .milliseconds(100))
        await #expect(throws: OutcomeUnknown.self) { try await tools.run(ToolCall("/usr/bin/sleep", ["60"])) }
    }

    @Test(arguments: ["/nowhere/at/all", "/etc/hostname", "/"]) func whatCannotBeStartedIsUnavailable(path: String) async throws {
        do {
            _ = try await SubprocessTools().run(ToolCall(path, []))
            Issue.record("it ran")
        } catch let refusal as CloudError {
            #expect(refusal.code == .unavailable && refusal.parameters == ["part": path])
        }
    }

    // It was started, so it may have done its work.
    @Test func whatSaysTooMuchIsUnknown() async throws {
        let output = ToolCall("/usr/bin/head", ["-c", "17000000", "/dev/zero"])
        await #expect(throws: OutcomeUnknown.self) { try await SubprocessTools().run(output) }
        let complaint = ToolCall("/bin/sh", ["-c", "head -c 70000 /dev/zero >&2"])
        await #expect(throws: OutcomeUnknown.self) { try await SubprocessTools().run(complaint) }
    }

    // A daemon that keeps its starter's output open must not hold the caller beyond the limit.
    @Test func aDaemonThatKeepsTheOutputHoldsNobody() async throws {
        let tools = SubprocessTools(limit: .milliseconds(500))
        let time = try await ContinuousClock().measure {
            do { _ = try await tools.run(ToolCall("/usr/bin/setsid", ["--fork", "/usr/bin/sleep", "90"])) } catch is OutcomeUnknown {}
        }
        // Long, because the tests beside it keep every processor busy; ninety seconds would be the daemon's whole life.
        #expect(time < .seconds(80))
    }

    @Test func aCancelledCallEnds() async throws {
        let task = Task { try await SubprocessTools().run(ToolCall("/usr/bin/sleep", ["60"])) }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
    }
}
