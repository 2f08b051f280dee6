// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Scripts that decide whether a run was good, and one that changes the host for a while.
@Suite final class ScriptsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-scripts-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit {
        do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
    private func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }
    private func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

    private static let scripts = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Scripts").standardizedFileURL

    /// Runs a script of `Scripts/`, or of another folder; its exit status and the lines that it wrote.
    private func run(
        _ script: String, _ arguments: [String], of scripts: URL = ScriptsTests.scripts, requiringLive: Bool = false
    ) throws -> (status: Int32, lines: [String]) {
        let process = Process()
        process.executableURL = scripts.appending(path: script).standardizedFileURL
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["REQUIRE_LIVE"] = requiringLive ? "1" : nil
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text.split(separator: "\n").map(String.init))
    }

    // MARK: test-counts

    private func results(_ name: String, passed: Int, failed: [String] = []) throws {
        let good = (0..<passed).map { "    <testcase classname=\"A.B\" name=\"good\($0)\" time=\"0.1\" />\n" }
        let bad = failed.map {
            "    <testcase classname=\"A.B\" name=\"\($0)\" time=\"0.1\">\n      <failure message=\"x\"/>\n    </testcase>\n"
        }
        try write(name + ".xml", "<testsuites>\n\((good + bad).joined())</testsuites>\n")
        try write(name + ".log", "\(name) was here\n")
    }
    private func counts(_ runs: (name: String, status: String)...) throws -> (status: Int32, lines: [String]) {
        try run("test-counts", runs.flatMap { [path($0.name + ".xml"), path($0.name + ".log"), $0.status] })
    }

    @Test func bothRunsAreCounted() throws {
        try results("tests", passed: 3)
        try results("crashes", passed: 2)
        let (status, lines) = try counts(("tests", "0"), ("crashes", "0"))
        #expect(status == 0 && lines.last == "5 passed, 0 failed, 0 skipped")
    }

    @Test func whatFailsInTheSecondRunIsNamed() throws {
        try results("tests", passed: 3)
        try results("crashes", passed: 1, failed: ["crashedAtPointSeven"])
        let (status, lines) = try counts(("tests", "0"), ("crashes", "1"))
        #expect(status == 1 && lines.last == "4 passed, 1 failed, 0 skipped")
        #expect(lines.contains { $0.contains("failed:") && $0.contains("crashedAtPointSeven") })
        #expect(!lines.contains { $0.contains("All tests that ran passed") })
    }

    @Test func aRunThatDiedCountsAsFailed() throws {
        try results("tests", passed: 3)
        try write("crashes.log", "the last words\n")
        let (status, lines) = try counts(("tests", "0"), ("crashes", "124"))
        #expect(status == 1 && lines.last == "3 passed, 1 failed, 0 skipped")
        #expect(lines.contains("the last words") && lines.contains { $0.contains("124") })
        // And where it is the first one, what the second did is still counted.
        let swapped = try counts(("crashes", "137"), ("tests", "0"))
        #expect(swapped.status == 1 && swapped.lines.last == "3 passed, 1 failed, 0 skipped")
    }

    @Test func aBadStatusOfEitherRunFailsTheWhole() throws {
        try results("tests", passed: 3)
        try results("crashes", passed: 2)
        for statuses in [("124", "0"), ("0", "1"), ("this host is not as it was", "0")] {
            let (status, lines) = try counts(("tests", statuses.0), ("crashes", statuses.1))
            #expect(status == 1 && lines.last == "5 passed, 0 failed, 0 skipped")
            #expect(lines.contains { $0.contains("(status \(statuses.0), \(statuses.1))") })
        }
    }

    /// Where everything has to run, a test that is skipped is one that failed, whatever it is called.
    @Test func whatIsSkippedFailsWhereEverythingHasToRun() throws {
        let skipped =
            "    <testcase classname=\"A.Schema\" name=\"judged\" time=\"0\">\n      <skipped>no judge</skipped>\n    </testcase>\n"
        let live = "    <testcase classname=\"A.LiveTests\" name=\"good\" time=\"0.1\" />\n"
        for (cases, status) in [(live, 0), (live + skipped, 1)] as [(String, Int32)] {
            try write("tests.xml", "<testsuites>\n\(cases)</testsuites>\n")
            try write("tests.log", "")
            let run = [path("tests.xml"), path("tests.log"), "0"]
            #expect(try self.run("test-counts", run, requiringLive: true).status == status)
            #expect(try self.run("test-counts", run).status == 0)
        }
    }

    // MARK: bench-compare

    @Test func figuresThatAreWorseThanBeforeAreTold() throws {
        func table(_ own: String, _ fast: String, _ memory: String, _ warm: String, _ cold: String) -> String {
            """
            | what | figure | yardstick of the same run | ratio | limit | verdict |
            |---|---|---|---|---|---|
            | own time | 7.00 ms (201) | commit 0.20 ms (201) | \(own) commits | told | – |
            | overlay | 0.04 ms (101) | qemu-img 11.30 ms (31) | \(fast) × as fast | told | – |
            | memory | \(memory) MiB (11) | – | – | told | – |
            | copy | 1.0 s (5) | warm disk 2.0 s (5) | \(warm) × | told | – |
            | the same | 1.0 s (5) | cold disk 3.0 s (5) | \(cold) × | told | – |

            """
        }
        try write("before", table("40", "270", "55", "0.60", "0.70"))
        try write("after", table("45", "240", "61", "0.65", "0.69"))
        let said = try run("bench-compare", [path("before"), path("after")])
        #expect(said.status == 0 && said.lines.map { String($0.prefix { $0 != ":" }) } == ["- own time", "- overlay", "- memory"])
        try write("after", "| own time | not measured | – | – | – | – |\n")
        #expect(try run("bench-compare", [path("before"), path("after")]).lines.count == 5, "what is missing is told")
        try write("after", table("44", "250", "60", "0.66", "0.20"))
        #expect(try run("bench-compare", [path("before"), path("after")]).lines.count == 1)
        try write("after", table("1", "900", "1", "0.1", "0.80"))
        #expect(try run("bench-compare", [path("before"), path("after")]).lines.first?.hasPrefix("- copy, beside cold disk") == true)
    }

    // MARK: What is asked of those that build or run for long

    /// They say so at once: a build would take minutes, and leave its folder.
    @Test(arguments: [
        ("teeth", ["--help"], 0, "`make teeth`"), ("teeth", ["--blnd"], 64, "teeth: there is no --blnd"),
        ("teeth", ["no-such-bug"], 64, "teeth: no planted bug is called no-such-bug"), ("soak", ["--help"], 0, "`make soak`"),
        ("soak", ["tell"], 64, "  Scripts/soak "), ("experiments", ["-h"], 0, "`make experiments`"),
        ("experiments", ["D99"], 1, "experiments: there is no experiment D99"), ("history", ["--help"], 0, "`make history`"),
        ("history", ["many"], 64, "history: “many” is not OPERATIONS [SEED]"),
    ]) func wordsAreLookedAtBeforeAnythingBegins(script: String, words: [String], status: Int32, begins: String) throws {
        let scripts = folder.appending(path: "Scripts")
        try FileManager.default.createDirectory(at: scripts, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: Self.scripts.appending(path: script), to: scripts.appending(path: script))
        let said = try run(script, words, of: scripts)
        #expect(said.status == status && said.lines.first?.hasPrefix(begins) == true, "\(said)")
        #expect(said.lines.allSatisfy { !$0.hasPrefix("#") && !$0.hasPrefix("set -e") })
        #expect(try names() == ["Scripts"], "nothing was begun")
    }

    // MARK: contract

    /// In a repository of nothing but what it needs until then, with a daemon that ends at once.
    @Test func theContractSaysWhyTheDaemonDidNotGetReady() throws {
        for name in ["Scripts", "Tests/Contract", ".build/contract", ".build/debug"] {
            try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(at: Self.scripts.appending(path: "contract"), to: folder.appending(path: "Scripts/contract"))
        try write("Tests/Contract/requirements.txt", "")
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        try write(".build/contract/made-of", "\(nothing)  Tests/Contract/requirements.txt\n")
        try write(".build/debug/lyceumd", "#!/bin/sh\necho the port is taken >&2\nexit 3\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path(".build/debug/lyceumd"))
        let (status, lines) = try run("contract", [], of: folder.appending(path: "Scripts"))
        #expect(status == 1 && lines.contains("the port is taken"), "\(lines)")
        #expect(lines.allSatisfy { !$0.contains("admin.token") })
    }

    // MARK: no-daemons

    private static let ours = "#!/bin/sh\n# Put here by Lyceum while apt works: no package starts its daemon.\nexit 101\n"
    private static let theirs = "#!/bin/sh\n# the administrator's\nexit 0\n"
    private func noDaemons(_ command: [String]) throws -> Int32 { try run("no-daemons", [path("policy-rc.d")] + command).status }

    @Test(arguments: [nil, theirs]) func thePolicyIsBackAfterwards(before: String?) throws {
        if let before { try write("policy-rc.d", before) }
        #expect(try noDaemons(["/bin/sh", "-c", "cp '\(path("policy-rc.d"))' '\(path("seen"))'; exit 7"]) == 7)
        #expect(try read("seen") == Self.ours)
        try FileManager.default.removeItem(atPath: path("seen"))
        #expect(try names() == (before == nil ? [] : ["policy-rc.d"]))
        if let before { #expect(try read("policy-rc.d") == before) }
    }

    // SIGKILL while apt works: the next run puts the administrator's own back, whether or not it has anything to install.
    @Test(arguments: [nil, theirs], [[], ["/bin/true"]]) func whatAKilledRunLeftIsPutBack(before: String?, next: [String]) throws {
        if let before { try write("policy-rc.d", before) }
        #expect(try noDaemons(["/bin/sh", "-c", "kill -9 $PPID"]) != 0)
        #expect(try read("policy-rc.d") == Self.ours, "the trial is sound: it was killed amid")
        #expect(try noDaemons(next) == 0)
        #expect(try names() == (before == nil ? [] : ["policy-rc.d"]))
        if let before { #expect(try read("policy-rc.d") == before) }
    }

    @Test func aPolicyMadeSinceIsNotOverwritten() throws {
        try write("policy-rc.d.lyceum-saved", Self.theirs)
        try write("policy-rc.d", "#!/bin/sh\nexit 101\n")
        #expect(try noDaemons(["/bin/true"]) != 0)
        #expect(try read("policy-rc.d") == "#!/bin/sh\nexit 101\n" && read("policy-rc.d.lyceum-saved") == Self.theirs)
    }
}
