// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudTesting
import CloudWorkflow
import Foundation
import Testing

/// Where the manager can be made to die, as `make live-crash` goes through it: `Tests/LiveCrash/points.txt`, a line a point, with the
/// cases of the checks (`CloudCase`) that lead to it. Where a case leads there only when it is refused, the place is behind an `@`.
@Suite("The crash points are those that the operations reach")
struct CrashPointsTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../LiveCrash/points.txt")
    private static let head = """
        # Every border of every operation, and the cases that lead there; @ says what has to be refused for it. Derived by CrashPointsTests:
        # LYCEUM_RECORD=1 swift test --filter CrashPointsTests

        """

    @Test("each listed one is reached, and each that is reached is listed")
    func points() async throws {
        var ways: [String: [String]] = [:]
        for operation in CloudCase.all {
            for (point, refused) in try await operation.crashPoints() {
                let way = operation.name + (refused.map { " @ \($0)" } ?? "")
                if ways[point.description, default: []].contains(way) == false { ways[point.description, default: []].append(way) }
            }
        }
        let lines = ways.sorted { $0.key < $1.key }.map { "\($0.key)\t\($0.value.joined(separator: "\t"))" }
        if ProcessInfo.processInfo.environment["LYCEUM_RECORD"] == "1" {
            try Data((Self.head + lines.joined(separator: "\n") + "\n").utf8).write(to: Self.file)
        }
        let listed = String(decoding: try Data(contentsOf: Self.file), as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        let (reached, known) = (Set(lines), Set(listed.map(String.init)))
        #expect(known.subtracting(reached).sorted() == [], "listed, and never reached so")
        #expect(reached.subtracting(known).sorted() == [], "reached so, and not listed")
        #expect(listed.count == known.count)
        // It says something only where it says much.
        #expect(ways.keys.filter { $0.hasSuffix("/beforeUndo") }.count > 50 && ways.count > 500)
        let kinds = Set(ways.keys.compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(kinds == Set(Cloud.kinds.names))
    }
}

extension CloudCase {
    /// The points that an operation comes to by itself, and those on its way back from the last border from which there is one; each of
    /// these with the place that was refused.
    static func crashPoints<Operation: CloudOperation>(
        of operation: Operation, at stage: Stage
    ) async throws -> [(point: CrashPoint, refused: CrashPoint?)] {
        let run = RunID("op-crashed")
        func reached(_ interference: Interference) async throws -> [Boundary] {
            let cloud = try stage.copied().nextManager(interference)
            do { _ = try await cloud.runner.perform(operation, as: run) } catch is RunRefused {}
            return interference.points.compactMap { if case .boundary(let boundary, of: run) = $0 { boundary } else { nil } }
        }
        /// The points of boundaries, each with how often its line was met until then.
        func numbered(_ boundaries: [Boundary]) -> [CrashPoint] {
            var met: [CrashPoint: Int] = [:]
            return boundaries.map { boundary in
                met[CrashPoint(boundary, of: Operation.kind), default: 0] += 1
                return CrashPoint(boundary, of: Operation.kind, occurrence: met[CrashPoint(boundary, of: Operation.kind)] ?? 1)
            }
        }
        let calm = Interference()
        let forward = try await reached(calm)
        var points = numbered(forward).map { (point: $0, refused: nil as CrashPoint?) }
        let declared = calm.declared(by: run)
        let returnable = declared.firstIndex { $0.irreversible != nil }.map { declared[...$0] } ?? declared[...]
        // A refusal of the first commit is no run.
        guard returnable.count > 1, let last = returnable.last else { return points }
        let borders = [Boundary(.beforeCommit, last.name), Boundary(.beforeEffect, last.name)].map { CrashPoint($0, of: Operation.kind) }
        let alike = forward.filter { borders.contains(CrashPoint($0, of: Operation.kind)) }
        guard let place = alike.last else { return points }
        let known = Set(points.map { $0.point })
        let refused: CrashPoint? = CrashPoint(place, of: Operation.kind, occurrence: alike.count)
        let refusing = Interference(hurdles: [.init(CheckRefusal(step: place.name), at: .boundary(place, of: run))])
        points += numbered(try await reached(refusing)).filter { !known.contains($0) }.map { (point: $0, refused: refused) }
        return points
    }
}
