// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Times of one thing, measured several times. The median is what counts: one run that met another program says nothing.
struct Samples {
    private(set) var seconds: [Double] = []
    var count: Int { seconds.count }
    var median: Double { seconds.isEmpty ? 0 : seconds.sorted()[seconds.count / 2] }

    init() {}
    init(_ seconds: [Double]) { self.seconds = seconds }

    mutating func add(_ time: Double) { seconds.append(time) }
    mutating func add(_ duration: Duration) { seconds.append(duration.inSeconds) }

    /// Runs the body several times and takes its times.
    static func of(_ runs: Int, _ body: () async throws -> Void) async rethrows -> Samples {
        var samples = Samples()
        for _ in 0..<runs {
            let begin = ContinuousClock.now
            try await body()
            samples.add(ContinuousClock.now - begin)
        }
        return samples
    }

    /// `1.23 ms (51)`: median and count.
    var milliseconds: String { String(format: "%.2f ms (%d)", median * 1000, count) }
    /// `1.2 s (3)`: median and count.
    var wholeSeconds: String { String(format: "%.1f s (%d)", median, count) }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// The table of results as it grows, and whether every limit holds.
final class Results: Sendable {
    /// What a figure may be at most, or must be at least.
    enum Limit: Sendable {
        case atMost(Double, String)
        case atLeast(Double, String)
        /// Promised to nobody; told because a reader wants to know.
        case told

        var text: String {
            switch self {
            case .atMost(_, let text): "at most \(text)"
            case .atLeast(_, let text): "at least \(text)"
            case .told: "told"
            }
        }

        func holds(for value: Double) -> Bool? {
            switch self {
            case .atMost(let most, _): value <= most
            case .atLeast(let least, _): value >= least
            case .told: nil
            }
        }
    }

    private let broken = Mutex<[String]>([])

    /// One row: what was measured, the figure and its yardstick (each with the count of samples), the ratio, the limit for `value`.
    func row(_ what: String, _ figure: String, beside yardstick: String, ratio: String, _ limit: Limit = .told, for value: Double = 0) {
        let verdict = limit.holds(for: value)
        if verdict == false { broken.withLock { $0.append(what) } }
        let word = verdict.map { $0 ? "holds" : "**broken**" } ?? "–"
        let line = "| \(what) | \(figure) | \(yardstick) | \(ratio) | \(limit.text) | \(word) |\n"
        FileHandle.standardOutput.write(Data(line.utf8))
    }

    /// Ends the program: 1 where a limit is broken.
    func end() -> Never {
        let broken = broken.withLock { $0 }
        for what in broken { FileHandle.standardError.write(Data("broken: \(what)\n".utf8)) }
        exit(broken.isEmpty ? 0 : 1)
    }
}

/// What a process holds in memory, in MiB, as the kernel counts it.
func residentMiB(of process: Int32) throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
}
