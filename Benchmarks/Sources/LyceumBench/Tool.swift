// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Programs that the benchmarks measure beside.
enum Tool {
    struct Failed: Error { let what: String }

    /// Runs a program to its end and gives its output.
    @discardableResult
    static func run(_ path: String, _ arguments: [String]) throws -> String {
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: path)
        tool.arguments = arguments
        tool.standardInput = FileHandle.nullDevice
        let output = Pipe()
        tool.standardOutput = output
        try tool.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        tool.waitUntilExit()
        guard tool.terminationStatus == 0 else {
            throw Failed(what: "\(path) \(arguments.joined(separator: " ")): \(tool.terminationStatus)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
