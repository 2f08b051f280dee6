// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation
import Synchronization

/// A semester of a campus in a minute or two: `swift run -c release CampusSimulation semester.txt [FOLDER]` says what came of it and writes
/// campus.csv and campus.svg. Ends with 1 where a rule was broken, with 64 where the file has a mistake or the folder is not there.
@main enum CampusSimulation {
    static func main() {
        let usage = "usage: CampusSimulation FILE [FOLDER]"
        let words = CommandLine.arguments.dropFirst()
        if words.contains("--help") || words.contains("-h") {
            print(usage)
            exit(0)
        }
        guard let file = words.first, words.count <= 2, !words.contains(where: { $0.hasPrefix("-") }) else { refuse(usage) }
        // Looked at first: a semester takes minutes.
        let folder = words.dropFirst().first ?? "."
        guard let isFolder = isFolder(folder) else { refuse("\(folder): there is no such folder") }
        guard isFolder, FileManager.default.isWritableFile(atPath: folder) else { refuse("\(folder): no folder that can be written into") }
        let plan: CampusPlan
        do { plan = try CampusPlan(read(file)) } catch { refuse("\(file): \(error)") }
        do {
            let begun = ContinuousClock.now
            let report = Report(plan, try tell(plan))
            print(report.summary(took: begun.duration(to: .now)))
            for sentence in report.wrong.prefix(20) { print("  \(sentence)") }
            try report.csv.write(toFile: folder + "/campus.csv", atomically: true, encoding: .utf8)
            try Chart(of: report).svg.write(toFile: folder + "/campus.svg", atomically: true, encoding: .utf8)
            exit(report.wrong.isEmpty ? 0 : 1)
        } catch {
            print("the semester could not be told: \(error)")
            exit(1)
        }
    }

    private static func refuse(_ sentence: String) -> Never {
        print(sentence)
        exit(64)
    }

    /// Whether it is one; nil where nothing is there.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }

    private static func read(_ file: String) -> String {
        guard let isFolder = isFolder(file) else { refuse("\(file): there is no such file") }
        guard !isFolder else { refuse("\(file): this is a folder") }
        guard let data = FileManager.default.contents(atPath: file) else { refuse("\(file): this file cannot be read") }
        guard let text = String(data: data, encoding: .utf8) else { refuse("\(file): this is no text in UTF-8") }
        return text
    }

    /// Each department is a simulation of its own, which runs on the thread that tells it: so they are told side by side, and what each
    /// tells depends on its seed alone.
    private static func tell(_ plan: CampusPlan) throws -> [DepartmentReport] {
        let told = Mutex<[Int: Result<DepartmentReport, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: plan.departments.count) { index in
            let department = plan.departments[index]
            guard let template = plan.templates[department.template] else { return }
            let story = DepartmentStory(plan: plan, department: department, template: template, seed: UInt64(index + 1))
            let result = Result { try story.tell() }
            told.withLock { $0[index] = result }
        }
        return try told.withLock { $0 }.sorted { $0.key < $1.key }.map { try $0.value.get() }
    }
}
