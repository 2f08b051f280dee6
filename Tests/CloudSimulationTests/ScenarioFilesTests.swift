// SPDX-License-Identifier: Apache-2.0

import CloudSimulation
import CloudStoreSQLite
import Foundation
import Testing

/// Every story of Tests/Scenarios is told, and its whole log is what the file beside it says. Who changed what happens on purpose lets
/// them be written anew: `LYCEUM_RECORD=1 swift test --filter ScenarioFilesTests`, and reads the difference.
@Suite struct ScenarioFilesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Scenarios").standardizedFileURL
    private static let names: [String] = {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
                .map { String($0.dropLast(4)) }.sorted()
        } catch { return ["\(error)"] }
    }()

    @Test(arguments: names) func isToldAsItWas(name: String) throws {
        let story = try Scenario(String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8))
        let disk = try SQLiteMemoryStore()
        let log = try ScenarioTeller(story).tell(on: { try disk.reopened() }).joined(separator: "\n") + "\n"
        let golden = Self.folder.appending(path: "\(name).log")
        if ProcessInfo.processInfo.environment["LYCEUM_RECORD"] == "1" { try Data(log.utf8).write(to: golden) }
        let told = try String(contentsOf: golden, encoding: .utf8)
        let (lines, before) = (log.split(separator: "\n"), told.split(separator: "\n"))
        let difference = zip(lines, before).enumerated().first { $1.0 != $1.1 }
        #expect(log == told, "line \(difference.map { "\($0.offset + 1): \($0.element.0)" } ?? "\(min(lines.count, before.count) + 1)")")
    }
}
