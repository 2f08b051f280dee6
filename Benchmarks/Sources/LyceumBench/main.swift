// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import Foundation
import NetFabricLinux

// `LyceumBench manager`, `LyceumBench daemon LYCEUMD`, `LyceumBench real IMAGE [PART]`: rows of a table, and 1 where a limit is broken.
// LYCEUM_BENCH_QUICK=1 takes few samples, for those who work on the benchmarks themselves.

let arguments = CommandLine.arguments.dropFirst()
let quick = ProcessInfo.processInfo.environment["LYCEUM_BENCH_QUICK"] == "1"
let results = Results()
try await withFolder { folder in
    switch (arguments.first, arguments.dropFirst().first) {
    case ("manager", _): try await ManagerFigures(results: results, folder: folder, launches: quick ? 31 : 201).measure()
    case ("daemon", let lyceumd?):
        try await DaemonFigures(results: results, folder: folder, lyceumd: lyceumd, starts: quick ? 3 : 11, hundreds: 100).measure()
    case ("real", let image?):
        try await RealFigures(
            results: results, folder: folder, image: image, single: quick ? 3 : 21, rounds: quick ? 1 : 5,
            part: arguments.dropFirst(2).first
        ).measure()
    case ("answers", let address?):
        // For the bare script: as often as we ask, in one process.
        guard let address = IPv4Address(address) else { exit(64) }
        let network = try SimulatedSite.setup().network.id
        while try await !NamespacePortProbe().answers(address, port: 22, on: network) { try await Task.sleep(for: .milliseconds(250)) }
    default:
        FileHandle.standardError.write(Data("LyceumBench manager | daemon LYCEUMD | real IMAGE [PART]\n".utf8))
        exit(64)
    }
}
results.end()
