// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation
import GRDB
import ImageStore

/// What the manager itself costs, its host being simulated.
struct ManagerFigures: Sendable {
    let results: Results
    let folder: String
    /// How many launches one by one are timed.
    let launches: Int

    func measure() async throws {
        let (warm, cold) = try await commits()
        let spans = Spans()
        let site = try await BenchSite.simulated(folder: folder, spans: spans)
        try await ownTime(site, spans, beside: warm)
        try await hundred(site, warm, cold)
        try await list(site)
        try await overlay()
    }

    /// One durable commit of raw SQLite, one row each: into a log that has its length, and into one that grows with each commit.
    private func commits() async throws -> (warm: Samples, cold: Samples) {
        var configuration = Configuration()
        configuration.prepareDatabase {
            try $0.execute(sql: "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0")
        }
        let raw = try DatabaseQueue(path: folder + "/raw.db", configuration: configuration)
        try await raw.write { try $0.execute(sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)") }
        func commit() async throws { try await raw.write { try $0.execute(sql: "INSERT INTO t (text) VALUES ('a row')") } }
        let cold = try await Samples.of(301) { try await commit() }
        try await raw.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(RESTART)") }
        try await commit()
        let warm = try await Samples.of(201) { try await commit() }
        return (warm, cold)
    }

    /// One launch after the other: create, start, ready.
    private func ownTime(_ site: BenchSite, _ spans: Spans, beside commit: Samples) async throws {
        var own = Samples()
        for number in 0..<launches { own.add(try await spans.measure { _ = try await site.launch("one-\(number)") }.own) }
        results.row(
            "one launch: the manager's own time, simulated host", own.milliseconds, beside: "durable commit \(commit.milliseconds)",
            ratio: String(format: "%.0f commits", own.median / commit.median), .atMost(0.010, "10 ms"), for: own.median)
    }

    /// A hundred at once, driven by the service: the sum of them in durable commits.
    private func hundred(_ site: BenchSite, _ warm: Samples, _ cold: Samples) async throws {
        var times = Samples()
        for round in 0..<3 { times.add(try await site.launchAll(100, "batch-\(round)-%03d").time) }
        results.row(
            "100 simulated launches at once", times.wholeSeconds, beside: "durable commit \(warm.milliseconds)",
            ratio: String(format: "%.0f commits", times.median / warm.median), .atMost(12_000, "12,000 commits (aim 1,000)"),
            for: times.median / warm.median)
        results.row(
            "the same", times.wholeSeconds, beside: "durable commit, log that grows \(cold.milliseconds)",
            ratio: String(format: "%.0f commits", times.median / cold.median))
    }

    /// A list of 110 beside encoding what it shows.
    private func list(_ site: BenchSite) async throws {
        struct Row: Encodable {
            let instance: Instance
            let status: InstanceStatus
            let lease: InstanceLease
            let port: InstancePort?
        }
        let page = try await site.cloud.instances(for: site.admin, limit: 110).elements
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let rows = page.map { Row(instance: $0.instance, status: $0.status, lease: $0.lease, port: $0.port) }
        let encoding = try await Samples.of(101) { _ = try encoder.encode(rows) }
        let listing = try await Samples.of(101) { _ = try await site.cloud.instances(for: site.admin, limit: 110) }
        let ratio = listing.median / encoding.median
        results.row(
            "list of \(page.count)", listing.milliseconds, beside: "JSON of it \(encoding.milliseconds)",
            ratio: String(format: "%.1f ×", ratio), .atMost(4, "4 ×"), for: ratio)
    }

    /// An overlay by our writer beside qemu-img, neither synced.
    private func overlay() async throws {
        let image = folder + "/base.raw"
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: image))
        let ours = try await Samples.of(101) {
            let overlay = try QCow2Overlay(backingFile: image, backingFormat: .raw, virtualSize: .gibibytes(10))
            let path = folder + "/ours.qcow2"
            try Data().write(to: URL(fileURLWithPath: path))
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            for piece in overlay.pieces {
                try file.seek(toOffset: UInt64(piece.offset))
                try file.write(contentsOf: Data(piece.bytes))
            }
            try file.truncate(atOffset: UInt64(overlay.fileSize.bytes))
            try file.close()
        }
        let arguments = ["create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", folder + "/theirs.qcow2", "10G"]
        guard FileManager.default.fileExists(atPath: "/usr/bin/qemu-img") else {
            return results.row("overlay by our writer", ours.milliseconds, beside: "qemu-img is not installed", ratio: "–")
        }
        let theirs = try await Samples.of(31) { try Tool.run("/usr/bin/qemu-img", arguments) }
        let ratio = theirs.median / ours.median
        results.row(
            "overlay by our writer", ours.milliseconds, beside: "qemu-img create -b \(theirs.milliseconds)",
            ratio: String(format: "%.0f × as fast", ratio), .atLeast(20, "20 ×"), for: ratio)
    }
}
