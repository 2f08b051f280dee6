// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation
import Synchronization

/// A semester of a campus in a minute or two: `swift run -c release CampusSimulation semester.txt [FOLDER]` says what came of it and writes
/// campus.csv and campus.svg. Ends with 1 where a rule was broken, with 64 where the file has a mistake.
@main enum CampusSimulation {
    static func main() {
        let words = CommandLine.arguments.dropFirst()
        guard let file = words.first, words.count <= 2 else {
            print("usage: CampusSimulation FILE [FOLDER]")
            exit(64)
        }
        let plan: CampusPlan
        do { plan = try CampusPlan(String(contentsOfFile: file, encoding: .utf8)) } catch {
            print("\(file): \(error)")
            exit(64)
        }
        do {
            let begun = ContinuousClock.now
            let report = Report(plan, try tell(plan))
            print(report.summary(took: begun.duration(to: .now)))
            for sentence in report.wrong.prefix(20) { print("  \(sentence)") }
            let folder = words.dropFirst().first ?? "."
            try report.csv.write(toFile: folder + "/campus.csv", atomically: true, encoding: .utf8)
            try Chart(of: report).svg.write(toFile: folder + "/campus.svg", atomically: true, encoding: .utf8)
            exit(report.wrong.isEmpty ? 0 : 1)
        } catch {
            print("the semester could not be told: \(error)")
            exit(1)
        }
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
