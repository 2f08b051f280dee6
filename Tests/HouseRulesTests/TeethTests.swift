// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The planted bugs fit the sources, and what plants them and looks for them tells the truth (Tests/Teeth/README.md).
@Suite final class TeethTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-teeth-\(UUID().uuidString)")
    private static let teeth = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Teeth").standardizedFileURL

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit {
        do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
    private func write(_ name: String, _ text: String, executable: Bool = false) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path) }
    }
    private func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    private func changedAt(_ name: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path(name))[.modificationDate] as? Date
    }

    private func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, lines: [String]) {
        let process = Process()
        process.executableURL = Self.teeth.appending(path: script)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text.split(separator: "\n").map(String.init))
    }
    private func plant(_ arguments: String...) throws -> (status: Int32, lines: [String]) {
        try run("plant.py", ["--bugs", path("bugs"), "--tree", path("tree")] + arguments)
    }

    private static let source = "Sources/Room/Target/File.swift"
    private static func bug(
        _ was: String, _ becomes: String, layer: String = "rules", invariant: String = "I1", faults: String = "1", file: String = source
    ) -> String {
        """
        layer: \(layer)
        breaks: Something.
        invariant: \(invariant)
        faults: \(faults)
        found by: RoomTests

        file: \(file)
        was:
        \(was)
        becomes:
        \(becomes)
        """
    }
    private func makeTree() throws {
        try write("tree/\(Self.source)", "let a = 1\nlet b = 2\nlet b2 = a < b\ncall(a)\nleave(b)\n")
        try write("tree/README", "text\n")
    }

    // MARK: The bugs of this repository

    @Test func everyPlantedBugFitsTheSources() throws {
        let (status, lines) = try run("plant.py", ["--check"])
        #expect(status == 0, "\(lines.joined(separator: "\n"))")
        #expect(lines.last?.hasSuffix("all fit") == true)
    }

    // MARK: Planting

    @Test(arguments: [
        (bug("let c", "x"), "does not occur"), (bug("let b", "x"), "occurs 2 times"), (bug("", "x"), "`was:` is empty"),
        (bug("call(a)", "x", layer: "cellar"), "a layer is one of"), (bug("call(a)", "x", invariant: "I43"), "an invariant is"),
        (bug("call(a)", "x", faults: "3"), "faults is 1"), (bug("call(a)", "x", file: "Tests/A/B/C.swift"), "no Swift file in a target"),
        (bug("call(a)", "x", file: "Sources/A/../../B.swift"), "no Swift file in a target"),
        (bug("call(a)", "x", file: "Sources/A/B/C.swift"), "there is no Sources/A/B/C.swift"),
        (bug("call(a)", "x").replacing("breaks: Something.\n", with: ""), "has no `breaks:`"),
        (bug("call(a)", "x").replacing("breaks:", with: "brakes: It.\nbreaks:"), "nobody reads `brakes:`"),
        (bug("call(a)", "x").replacing("becomes:", with: "is:"), "there is no `becomes:`"), ("layer: rules", "has no `breaks:`"),
        (bug("call(a)", "call(a)"), "`was:` and `becomes:` are the same"), (bug("call(a)", "BUGG || a"), "called `BUG`, not `BUGG`"),
        (bug("call(a)", "x").replacing("faults: 1", with: "faults: 1\nfaults: 2"), "line 5: `faults:` is there already"),
        (bug("call(a)", "x").replacing("becomes:", with: "was:\nlet b2\nbecomes:"), "once for each file"),
        (bug("call(a)", "x").replacing("RoomTests", with: ""), "line 5: nothing stands behind `found by:`"),
    ]) func whatIsNoBugIsNamed(text: String, why: String) throws {
        try makeTree()
        try write("bugs/a-bug.txt", text)
        let (status, lines) = try plant("--check")
        #expect(status == 1 && lines.contains { $0.hasPrefix("teeth: a-bug.txt: ") && $0.contains(why) }, "\(lines)")
        #expect(try plant("--into", path("copy")).status == 1)
        #expect(!FileManager.default.fileExists(atPath: path("copy")), "nothing is planted")
    }

    @Test(arguments: ["RoomTests", "CellarTests", "RoomTests.DoorTests", "RoomTests.WindowTests"])
    func aBugIsFoundByASuiteThatIsThere(suite: String) throws {
        try makeTree()
        try write("tree/Tests/RoomTests/DoorTests.swift", "@Suite struct DoorTests {\n}\n")
        try write("bugs/a-bug.txt", Self.bug("call(a)", "x").replacing("RoomTests", with: suite))
        let lines = try plant("--check").lines
        let isThere = ["RoomTests", "RoomTests.DoorTests"].contains(suite)
        #expect(lines.contains("teeth: a-bug.txt: there is no suite \(suite) in Tests") == !isThere, "\(lines)")
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let (status, lines) = try plant("--check")
        #expect(status == 2 && lines.last == "plant.py: error: there is no folder \(path("bugs"))", "\(lines)")
    }

    @Test func twoBugsDoNotChangeOneText() throws {
        try makeTree()
        try write("bugs/one.txt", Self.bug("let b2 = a < b", "let b2 = BUG || a < b"))
        try write("bugs/two.txt", Self.bug("a < b", "a < b || BUG"))
        let (status, lines) = try plant("--in-place")
        #expect(status == 1 && lines.contains { $0.contains("two.txt: it changes the same text") && $0.hasSuffix("as one") }, "\(lines)")
    }

    @Test func fewBugsAreTooFew() throws {
        try makeTree()
        try write("bugs/one.txt", Self.bug("a < b", "a < b || BUG"))
        let (status, lines) = try plant("--check")
        #expect(status == 1 && lines.contains { $0.contains("there are to be 40 in all; there are 1") })
        #expect(lines.filter { $0.contains("of each layer") }.count == 5 && lines.contains { $0.contains("two faults; there are 0") })
    }

    @Test func eachFormIsPlanted() throws {
        try makeTree()
        try write("bugs/an-expression.txt", Self.bug("a < b", "BUG || a < b"))
        try write("bugs/a-statement.txt", Self.bug("call(a)", "call(b)"))
        try write("bugs/left-out.txt", Self.bug("leave(b)", ""))
        let before = try read("tree/\(Self.source)")
        #expect(try plant("--into", path("copy")).status == 0)
        #expect(
            try read("copy/\(Self.source)") == """
                let a = 1
                let b = 2
                let b2 = PlantedBugs.on("an-expression") || a < b
                if PlantedBugs.on("a-statement") {
                call(b)
                } else {
                call(a)
                }
                if !PlantedBugs.on("left-out") {
                leave(b)
                }

                """)
        #expect(try read("copy/Sources/Room/Target/PlantedBugs.swift").contains("enum PlantedBugs"))
        #expect(try read("copy/README") == "text\n" && read("tree/\(Self.source)") == before)
        #expect(!FileManager.default.fileExists(atPath: path("tree/Sources/Room/Target/PlantedBugs.swift")))
    }

    /// Otherwise everything would be built anew each time.
    @Test func whatIsTheSameStaysUntouchedAndWhatIsGoneGoes() throws {
        try makeTree()
        try write("tree/gone", "x")
        try write("bugs/one.txt", Self.bug("a < b", "BUG || a < b"))
        #expect(try plant("--into", path("copy")).status == 0)
        try write("copy/.build/built", "x")
        let old = Date(timeIntervalSince1970: 1_000_000_000)
        for name in [Self.source, "README", "gone"] {
            try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path("copy/\(name)"))
        }
        try FileManager.default.removeItem(atPath: path("tree/gone"))
        try write("tree/README", "other\n")
        #expect(try plant("--into", path("copy")).status == 0)
        #expect(try changedAt("copy/\(Self.source)") == old && changedAt("copy/README") != old)
        #expect(try read("copy/.build/built") == "x" && !FileManager.default.fileExists(atPath: path("copy/gone")))
    }

    // MARK: Looking for them

    /// A planted tree whose tests are a script: `RoomTests` finds `one`, `two` kills the scenarios, nothing finds `three`; one test fails
    /// always. Each run of tests leaves a line in `runs`.
    private func makeBench(reason: String = "") throws {
        try makeTree()
        try write("bugs/one.txt", Self.bug("a < b", "BUG || a < b"))
        try write("bugs/two.txt", Self.bug("call(a)", "call(b)"))
        try write("bugs/three.txt", Self.bug("leave(b)", "").replacing("\n\nfile", with: "\(reason)\n\nfile"))
        #expect(try plant("--into", path("copy")).status == 0)
        try write(
            "copy/.build/debug/lyceumPackageTests.xctest",
            """
            #!/bin/sh
            echo "$4 $LYCEUM_PLANTED" >>'\(path("runs"))'
            echo '✘ Test alwaysFails() failed after 0.001 seconds with 1 issue.'
            case "$LYCEUM_PLANTED $4" in
              one*RoomTests*) echo '✘ Test finds(it:) with 3 test cases failed after 0.1 seconds with 1 issue.' ;;
              two*Scenario*) kill -9 $$ ;;
              three*) [ -z "$LYCEUM_PLANTED_REACHED" ] || : >"$LYCEUM_PLANTED_REACHED" ;;
            esac
            echo '✘ Test run with 7 tests in 1 suite failed after 0.2 seconds with 2 issues.'
            exit 1
            """, executable: true)
    }
    private func bite(_ arguments: String...) throws -> (status: Int32, lines: [String]) {
        try run("bite.py", ["--tree", path("copy"), "--results", path("results")] + arguments)
    }

    @Test func whatIsFoundAndWhatIsMissedIsToldWithItsReason() throws {
        try makeBench()
        let (status, lines) = try bite("--table", path("table"))
        #expect(status == 1 && lines.last == "teeth: 2 of 3 are found, 66.7 %; 95 % are wanted", "\(lines)")
        #expect(lines.contains { $0.hasPrefix("found") && $0.hasSuffix("one: finds(it:)") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("found") && $0.hasSuffix("two: the scenarios dies") }, "\(lines)")
        #expect(lines.contains("missed: three (its place is reached, and nothing fails): nobody has written why"), "\(lines)")
        #expect(try read("table").contains("| all | 3 | 2 |") && lines.contains("| rules | 3 | 2 |"))
        #expect(lines.contains { $0.contains("without any bug") && $0.contains("alwaysFails()") }, "what fails anyway finds nothing")
        // Without a bug, then each of the three.
        let named = try read("runs").split(separator: "\n").prefix(4).filter { $0.hasPrefix("^RoomTests") }
        #expect(named.count == 4, "all are looked for where they should be found before one is looked for everywhere")
    }

    @Test func aRunThatWasEndedGoesOnAndAChangeIsJudgedAnew() throws {
        try makeBench()
        let (status, lines) = try bite("--minutes", "0")
        #expect(status == 3 && lines.last?.contains("3 are still to be looked for") == true)
        _ = try bite()
        let runs = try read("runs")
        #expect(try bite().status == 1 && read("runs") == runs, "nobody looks again")
        #expect(try bite("one").status == 0, "asked for by name it is looked for again")
        #expect(try read("runs") != runs)
        try write("tree/Tests/New.swift", "// another test\n")
        #expect(try plant("--into", path("copy")).status == 0)
        #expect(try bite("--minutes", "0").status == 3, "other tests may find others")
    }

    @Test func blindlyTheNamedSuitesAreNotAsked() throws {
        try makeBench()
        let (status, lines) = try bite("--blind", "one")
        #expect(status == 1 && lines.contains { $0.hasPrefix("missed: one (no check reaches its place)") }, "\(lines)")
        #expect(try !read("runs").contains("RoomTests"))
    }

    @Test func testsThatDoNotRunFindNothing() throws {
        try makeBench()
        try write("copy/.build/debug/lyceumPackageTests.xctest", "#!/bin/sh\nexit 1\n", executable: true)
        let (status, lines) = try bite()
        #expect(status == 1 && lines.contains { $0.contains("runs no test without any bug") }, "\(lines)")
        #expect(try bite("four").lines == ["teeth: no planted bug is called four"])
    }
}
