// SPDX-License-Identifier: Apache-2.0

import CNamespace
import CloudModel
import Subprocess
import SystemPackage

/// Runs programs as child processes, each with a limit on its time and its output and a fixed environment.
public struct SubprocessTools: ToolRunner {
    private let limit: Duration
    private let clock: any Clock<Duration>

    /// A runner. A program that does not end within `limit` on `clock` is killed, and what it did is unknown.
    public init(limit: Duration = .seconds(20), clock: any Clock<Duration> = ContinuousClock()) {
        self.limit = limit
        self.clock = clock
    }

    /// As ``ToolRunner/run(_:)``. At most 16 MiB of output are taken, and 64 KiB of complaints; what a program did that says more is
    /// unknown.
    public func run(_ call: ToolCall) async throws -> String {
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                do { return try await start(call) } catch let failure as SubprocessError { throw try Self.refusal(of: call, failure) }
            }
            group.addTask {
                try await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let output = first else {
                throw OutcomeUnknown("\(call) did not end within \(limit)")
            }
            return output
        }
    }

    private func start(_ call: ToolCall) async throws -> String {
        // Messages are matched in a few places, so they come in one language.
        let environment = Environment.custom(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"])
        // Input is a file that is whole before the program begins. Written by Subprocess 1.0 while the program runs, it ends this process
        // where the program ends first ("FileDescriptor was not closed").
        let result = try await Subprocess.run(
            .path(FilePath(call.tool)), arguments: Arguments(call.arguments), environment: environment,
            input: .fileDescriptor(try Self.file(of: call), closeAfterSpawningProcess: true), output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 16))
        switch result.terminationStatus {
        case .exited(0): return result.standardOutput
        case .exited(let status): throw ToolFailure(call: call, status: Int(status), message: Self.brief(result.standardError))
        case .signaled(let signal):
            try Task.checkCancellation()
            throw ToolFailure(call: call, status: -Int(signal), message: Self.brief(result.standardError))
        }
    }

    /// A program that was never started is a part that is away; one that was may have done its work.
    private static func refusal(of call: ToolCall, _ failure: SubprocessError) throws -> any Error {
        try Task.checkCancellation()
        let unstarted: Set<SubprocessError.Code> = [.spawnFailed, .executableNotFound, .failedToChangeWorkingDirectory]
        guard unstarted.contains(failure.code) else { return OutcomeUnknown("\(call): \(failure)") }
        return CloudError(.unavailable, ["part": call.tool], detail: "\(call): \(failure)")
    }

    private static func file(of call: ToolCall) throws(CloudError) -> FileDescriptor {
        let bytes = Array((call.input ?? "").utf8)
        let file = bytes.withUnsafeBytes { memory in
            memory.baseAddress.map { lyceum_memory_file($0, memory.count) } ?? lyceum_memory_file("", 0)
        }
        guard file >= 0 else { throw CloudError(.unavailable, ["part": call.tool], detail: "no file for its input: errno \(-file)") }
        return FileDescriptor(rawValue: file)
    }

    private static func brief(_ text: String) -> String { String(text.prefix(4096)) }
}
