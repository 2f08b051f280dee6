// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation

/// The classes of all departments that begin at one time, taken together.
struct Hour: Sendable {
    let begins: Timestamp
    let asked: Int
    let ready: Int
    /// The most machines that ran at one moment, and the most that were waited for.
    let running: Int
    let queue: Int
    /// Seconds from the request to ready, sorted.
    let waits: [Double]

    init(begins: Timestamp, visits: [Visit]) {
        self.begins = begins
        asked = visits.count
        waits = visits.compactMap { visit in visit.readyAt.map { ($0 - visit.askedAt).inSeconds } }.sorted()
        ready = waits.count
        running = Self.most(visits.compactMap { visit in visit.readyAt.map { ($0, visit.leftAt) } })
        queue = Self.most(visits.filter { $0.refusal == nil }.map { ($0.askedAt, $0.readyAt) })
    }

    /// The wait that so many of a hundred do not exceed; nil where nobody got a machine.
    func wait(percent: Int) -> Double? { waits.isEmpty ? nil : waits[min(waits.count - 1, waits.count * percent / 100)] }

    /// How many spans hold one moment at most; one without an end never ends.
    private static func most(_ spans: [(Timestamp, Timestamp?)]) -> Int {
        let ends = spans.compactMap { $0.1 }.map { ($0, -1) }
        // Who goes at a moment makes room for who comes at it.
        let changes = (spans.map { ($0.0, 1) } + ends).sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        var (now, most) = (0, 0)
        for change in changes {
            now += change.1
            most = max(most, now)
        }
        return most
    }
}

/// A semester as figures.
struct Report: Sendable {
    let plan: CampusPlan
    let departments: [DepartmentReport]
    let hours: [Hour]

    init(_ plan: CampusPlan, _ departments: [DepartmentReport]) {
        self.plan = plan
        self.departments = departments
        var visits: [Timestamp: [Visit]] = [:]
        for lesson in departments.flatMap(\.lessons) { visits[lesson.begins, default: []] += lesson.visits }
        hours = visits.sorted { $0.key < $1.key }.map { Hour(begins: $0.key, visits: $0.value) }
    }

    var wrong: [String] { departments.flatMap { department in department.wrong.map { "\(department.name): \($0)" } } }

    func summary(took: Duration) -> String {
        let all = departments.flatMap(\.lessons).flatMap(\.visits)
        let whole = Hour(begins: plan.begins, visits: all)
        let codes = Dictionary(grouping: all.compactMap(\.refusal)) { $0 }.sorted { $0.key < $1.key }
        let refusals = codes.isEmpty ? "none refused" : codes.map { "\($0.value.count) \($0.key)" }.joined(separator: ", ")
        let simulated = departments.reduce(Duration.zero) { $0 + $1.simulated }.inSeconds / 3600
        let waits =
            whole.waits.isEmpty
            ? "none became ready"
            : "\(text(whole.wait(percent: 50))) in the median, 95 of 100 within \(text(whole.wait(percent: 95))), all within \(text(whole.waits.last))"
        let steps = departments.reduce(0) { $0 + $1.steps }
        return """
            \(plan.name): \(plan.departments.reduce(0) { $0 + $1.hosts }) hosts in \(plan.departments.count) departments, \
            \(plan.departments.reduce(0) { $0 + $1.students }) students, \(plan.weeks) weeks
            machines asked for      \(all.count) in \(hours.count) hours of classes
              ready                 \(whole.ready); \(refusals)
              seconds to ready      \(waits)
            most at one moment      \(hours.map(\.running).max() ?? 0) machines, \(hours.map(\.queue).max() ?? 0) waited for
            simulated in full       \(Int(simulated.rounded())) hours of \(departments.count) clouds, \(steps) steps, \
            in \(text(took.inSeconds)) s
            rules broken            \(wrong.count)
            """
    }

    var csv: String {
        let rows = hours.map { hour in
            let begins = Date(timeIntervalSince1970: Double(hour.begins.milliseconds) / 1000).ISO8601Format()
            let waits = [hour.wait(percent: 50), hour.wait(percent: 95), hour.waits.last].map(text).joined(separator: ",")
            return "\(begins),\(hour.asked),\(hour.ready),\(hour.running),\(hour.queue),\(waits)"
        }
        return (["begins,asked,ready,most_running,most_waiting,ready_median_s,ready_p95_s,ready_last_s"] + rows).joined(separator: "\n")
            + "\n"
    }

    /// One decimal, with a point in every language.
    private func text(_ seconds: Double?) -> String {
        guard let seconds else { return "" }
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Duration {
    /// The same as a number.
    var inSeconds: Double { self / Duration.seconds(1) }
}
