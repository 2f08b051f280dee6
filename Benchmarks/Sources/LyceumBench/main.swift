// SPDX-License-Identifier: Apache-2.0

import Foundation

// `LyceumBench manager`, `LyceumBench daemon LYCEUMD`, `LyceumBench real IMAGE`: rows of a table, and 1 where a limit is broken.
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
        try await RealFigures(results: results, folder: folder, image: image, launches: quick ? 3 : 9, rounds: quick ? 1 : 5).measure()
    default:
        FileHandle.standardError.write(Data("LyceumBench manager | daemon LYCEUMD | real IMAGE\n".utf8))
        exit(64)
    }
}
results.end()
