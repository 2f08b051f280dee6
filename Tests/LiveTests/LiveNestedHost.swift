// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A make-believe host within the one of the live tests (Scripts/private-host), with a libvirtd and a switch of its own. It ends with
/// the pipe that it reads, so at the latest with this process.
final class LiveNestedHost: Sendable {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let script = repository + "/Scripts/private-host"

    private let state: String
    private let first: String
    private let life: Pipe
    private let process: Process

    init(_ state: String) async throws {
        self.state = state
        life = Pipe()
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.script)
        // tee makes its file when the host is there, and ends with the pipe.
        process.arguments = ["run", "--state", state, "--name", "lyceum-daemon", "--", "/usr/bin/tee", state + "/up"]
        process.standardInput = life
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try await poll("a host within the host", seconds: 60) { [process] in
            guard process.isRunning else { throw LiveDirectory.ToolFailed(text: "the host within the host ended") }
            return FileManager.default.fileExists(atPath: state + "/up")
        }
        first = try String(contentsOfFile: state + "/pid1", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func end() async throws {
        try life.fileHandleForWriting.close()
        try await poll("the host within the host to end", seconds: 20) { [process] in !process.isRunning }
    }

    private func inside(_ command: [String]) -> [String] {
        ["--target", first, "--mount", "--net", "--pid", "--uts", "--ipc", "--"] + command
    }

    /// Runs a program to its end within the host and returns what it said; throws where it does not end with 0.
    @discardableResult func call(_ command: String..., input: String = "") async throws -> String {
        let result = try await Subprocess.run(
            .path("/usr/bin/nsenter"), arguments: .init(inside(command)), input: .string(input), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw LiveDirectory.ToolFailed(text: "\(command): \(result.standardOutput) \(result.standardError)")
        }
        return result.standardOutput
    }

    /// Begins a program within the host; what it says goes to the end of a file.
    func begin(_ command: [String], log: String) throws -> Process {
        if !FileManager.default.fileExists(atPath: log), !FileManager.default.createFile(atPath: log, contents: nil) {
            throw LiveDirectory.ToolFailed(text: "\(log) cannot be made")
        }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try output.seekToEnd()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
        process.arguments = inside(command)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try output.close()
        return process
    }

    /// The only child of a process: what nsenter started in the host's process namespace.
    static func child(of process: Int32) throws -> Int32 {
        let children = try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        guard let child = children.split(separator: " ").first.flatMap({ Int32($0) }) else {
            throw LiveDirectory.ToolFailed(text: "process \(process) has no child")
        }
        return child
    }

    /// `stop`, `kill`, `start` or `restart` of the host's libvirtd.
    func libvirtd(_ what: String) async throws {
        try await call("/usr/bin/env", "LYCEUM_PRIVATE_HOST=1", "LYCEUM_PRIVATE_HOST_STATE=\(state)", Self.script, "libvirtd", what)
    }

    /// The first words that a service says to a caller from the host's loopback; empty where nobody listens.
    func greeting(of port: UInt16) async throws -> String {
        do { return try await call(LiveFabricHost.busybox, "nc", "-w", "3", "127.0.0.1", "\(port)") } catch is LiveDirectory.ToolFailed {
            return ""
        }
    }
}

/// Asks again and again, five times a second, until something holds; fails the test where it does not in time.
func poll(_ what: String, seconds: Int, _ holds: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while try await !holds() {
        guard clock.now < end else { throw LiveDirectory.ToolFailed(text: "waited \(seconds) s for \(what)") }
        try await clock.sleep(for: .milliseconds(200))
    }
}
