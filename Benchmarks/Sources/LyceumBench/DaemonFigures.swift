// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import DaemonKit
import Foundation
import GRDB

/// What the daemon costs: how soon it answers, and what it holds in memory, with no instance and with ten thousand.
struct DaemonFigures: Sendable {
    let results: Results
    let folder: String
    /// The daemon's release build.
    let lyceumd: String
    /// How often it is started.
    let starts: Int
    /// Hundreds of instances.
    let hundreds: Int

    private var socket: String { folder + "/run/api.sock" }
    private var database: String { folder + "/state/lyceum.db" }

    func measure() async throws {
        try FileManager.default.createDirectory(atPath: folder + "/state", withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder + "/state")
        try """
        simulate = true
        [state]
        folder = "\(folder)/state"
        [listen]
        socket = "\(socket)"
        http = ""
        """.write(toFile: folder + "/lyceumd.toml", atomically: true, encoding: .utf8)

        // The first start makes the site.
        _ = try await start { _ in }
        var (times, memory) = (Samples(), Samples())
        for _ in 0..<starts { times.add(try await start { memory.add(try residentMiB(of: $0)) }) }
        let empty = try counting()
        row("lyceumd: start to first answer, no instance", times, empty)
        results.row("lyceumd: resident memory, idle", String(format: "%.0f MiB (%d)", memory.median, memory.count), beside: "–", ratio: "–")

        try await fill()
        let count = "\(hundreds * 100)"
        (times, memory) = (Samples(), Samples())
        var paged = Samples()
        for _ in 0..<starts {
            times.add(
                try await start { process in
                    memory.add(try residentMiB(of: process))
                    for _ in 0..<20 { _ = try Self.ask("/v1/instances?limit=500", at: socket) }
                    paged.add(try residentMiB(of: process))
                })
        }
        row("lyceumd: start to first answer, \(count) instances", times, try counting())
        results.row(
            "lyceumd: resident memory, \(count) instances", String(format: "%.0f MiB (%d)", memory.median, memory.count), beside: "–",
            ratio: "–")
        results.row(
            "the same after 20 lists of 500", String(format: "%.0f MiB (%d)", paged.median, paged.count), beside: "–", ratio: "–")
    }

    private func row(_ what: String, _ times: Samples, _ yardstick: Samples) {
        results.row(
            what, times.milliseconds, beside: "sqlite3 opens the file and counts its rows \(yardstick.milliseconds)",
            ratio: String(format: "%.1f ×", times.median / yardstick.median))
    }

    /// From the daemon's start until a list of a hundred instances has come; then the body, then the daemon's end.
    private func start(_ body: (Int32) throws -> Void) async throws -> Duration {
        let daemon = Process()
        daemon.executableURL = URL(fileURLWithPath: lyceumd)
        daemon.arguments = ["--config", folder + "/lyceumd.toml"]
        daemon.standardInput = FileHandle.nullDevice
        let log = folder + "/lyceumd.log"
        try Data().write(to: URL(fileURLWithPath: log))
        daemon.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        let begin = ContinuousClock.now
        try daemon.run()
        defer {
            daemon.terminate()
            daemon.waitUntilExit()
        }
        while ContinuousClock.now - begin < .seconds(60), daemon.isRunning {
            if try Self.ask("/v1/instances?limit=100", at: socket) {
                let time = ContinuousClock.now - begin
                try body(daemon.processIdentifier)
                return time
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw Tool.Failed(what: "lyceumd does not answer: \(try String(contentsOfFile: log, encoding: .utf8).suffix(2000))")
    }

    /// Whether a request over the socket was answered with 200. The peer's account signs in: root is the administrator.
    private static func ask(_ path: String, at socket: String) throws -> Bool {
        let answer = try UnixSocket.exchange("GET \(path) HTTP/1.1\r\nHost: lyceum\r\nConnection: close\r\n\r\n", at: socket)
        guard let answer, !answer.isEmpty else { return false }
        guard answer.hasPrefix("HTTP/1.1 200 ") else { throw Tool.Failed(what: "lyceumd answered \(answer.prefix(200))") }
        return true
    }

    /// Ten thousand instances in the records, none of them on the host.
    private func fill() async throws {
        let host = try SimulatedHost.kept(in: folder + "/state/host.json", clock: SystemWallClock(), bootTime: .seconds(3))
        let setup = try Configuration(ManagerSettings.all, file: [:], environment: [:], prefix: "LYCEUMD").site()
        let site = try await BenchSite.simulated(folder: folder + "/state", host: host, setup: setup)
        for hundred in 0..<hundreds {
            _ = try await site.perform(
                site.cloud.request(template: site.template, name: "many-\(hundred)-%03d", count: 100, start: false, by: site.admin))
        }
    }

    /// The floor: a program that opens the file and counts the rows of every table.
    private func counting() throws -> Samples {
        let names = try DatabaseQueue(path: database).read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        }
        let statement = names.map { "SELECT count(*) FROM \"\($0)\";" }.joined(separator: " ")
        return try Samples.counting(starts) { try Tool.run("/usr/bin/sqlite3", [database, statement]) }
    }
}

extension Samples {
    /// As ``of(_:_:)``, for what does not wait.
    static func counting(_ runs: Int, _ body: () throws -> Void) rethrows -> Samples {
        var samples = Samples()
        for _ in 0..<runs {
            let begin = ContinuousClock.now
            try body()
            samples.add(ContinuousClock.now - begin)
        }
        return samples
    }
}
