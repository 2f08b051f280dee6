// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import CloudStoreSQLite
import Foundation
import Testing

/// Every story of Tests/Scenarios is told, and its whole log is what the file beside it says. Who changed what happens on purpose lets
/// them be written anew: `LYCEUM_RECORD=1 swift test --filter ScenarioFilesTests`, and reads the difference; of a story that fails the log
/// until then is written. `LYCEUM_STORY=name` tells that one alone.
@Suite struct ScenarioFilesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Scenarios").standardizedFileURL
    private static let environment = ProcessInfo.processInfo.environment
    private static let names: [String] = {
        if let name = environment["LYCEUM_STORY"] { return [name] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
                .map { String($0.dropLast(4)) }.sorted()
        } catch { return ["\(error)"] }
    }()

    @Test(arguments: names) func isToldAsItWas(name: String) throws {
        let file = Self.folder.appending(path: "\(name).txt")
        let text = try #require(String(data: try Data(contentsOf: file), encoding: .utf8), "\(name).txt is no text in UTF-8")
        let (story, disk) = (try Scenario(text), try SQLiteMemoryStore())
        var (lines, unmet): ([String], ScenarioTeller.Unmet?) = ([], nil)
        do { lines = try ScenarioTeller(story).tell(on: { try disk.reopened() }) } catch let error as ScenarioTeller.Unmet {
            (lines, unmet) = (error.log, error)
        }
        let log = lines.joined(separator: "\n") + "\n"
        let golden = Self.folder.appending(path: "\(name).log")
        let isRecorded = Self.environment["LYCEUM_RECORD"] == "1"
        if isRecorded { try Data(log.utf8).write(to: golden) }
        if let unmet {
            Issue.record("\(unmet)\(isRecorded ? "; \(name).log says what came before" : "")")
            return
        }
        try #require(FileManager.default.fileExists(atPath: golden.path), "\(name) has no log yet: tell it with LYCEUM_RECORD=1")
        let before = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        let told = log.split(separator: "\n", omittingEmptySubsequences: false)
        let difference = zip(told, before).enumerated().first { $1.0 != $1.1 }
        #expect(told == before, "line \(difference.map { "\($0.offset + 1): \($0.element.0)" } ?? "\(min(told.count, before.count))")")
    }
}
