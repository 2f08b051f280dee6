// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Times and tells. Every figure is a ratio to a floor that was measured in the same run, for absolute times on shared machines mean
/// little.
struct Measure {
    /// The median of several runs, in seconds.
    static func median(of runs: Int, _ body: () async throws -> Void) async rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<runs {
            let begin = ContinuousClock.now
            try await body()
            times.append(
                Double((ContinuousClock.now - begin).components.attoseconds) / 1e18
                    + Double((ContinuousClock.now - begin).components.seconds))
        }
        return times.sorted()[runs / 2]
    }

    /// One line of the table: what, the figure, its floor, the ratio, what is promised.
    static func row(_ what: String, _ figure: String, _ floor: String, _ ratio: String, _ promise: String) {
        print("| \(what) | \(figure) | \(floor) | \(ratio) | \(promise) |")
    }

    /// Milliseconds to two places.
    static func ms(_ seconds: Double) -> String { String(format: "%.2f ms", seconds * 1000) }

    /// Resident memory of this process in MiB.
    static func residentMiB() throws -> Double {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ").dropFirst().first.flatMap {
            Double($0)
        }
        return (pages ?? 0) * 4096 / 1_048_576
    }
}
