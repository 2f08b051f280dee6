// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudStoreSQLite
import Foundation
import GRDB
import ImageStore

let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-bench-\(ProcessInfo.processInfo.processIdentifier)").path
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: folder) }

setvbuf(stdout, nil, _IOLBF, 0)
print("| what | figure | floor of the same run | ratio | promised |")
print("|---|---|---|---|---|")

// The floor: one durable commit of raw SQLite, one row each.
var configuration = Configuration()
configuration.prepareDatabase { try $0.execute(sql: "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") }
let raw = try DatabaseQueue(path: folder + "/raw.db", configuration: configuration)
try raw.write { try $0.execute(sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)") }
func commit() throws { try raw.write { try $0.execute(sql: "INSERT INTO t (text) VALUES ('a row')") } }
let floor = try await Measure.median(of: 301) { try commit() }

let site = try await BenchSite(folder: folder)
let idle = try Measure.residentMiB()

// One launch after the other: the manager's own time, the parts being simulated and ready at once.
var number = 0
let one = try await Measure.median(of: 51) {
    number += 1
    let request = try site.cloud.request(template: site.template, name: "one-\(number)", start: false, by: site.admin)
    _ = try await site.perform(request)
    _ = try await site.perform(StartInstance(by: site.admin, instance: request.members[0].id))
}
Measure.row(
    "one launch, the manager's own time", Measure.ms(one), "durable commit \(Measure.ms(floor))", String(format: "%.1f", one / floor),
    "at most 10 ms")

// A hundred at once, driven by the service.
let batch = try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { await site.cloud.serve() }
    let begin = ContinuousClock.now
    let request = try site.cloud.request(template: site.template, name: "batch-%03d", count: 100, by: site.admin)
    _ = try await site.cloud.submit(request)
    for member in request.members {
        let view = try await site.cloud.wait(for: member.start, limit: .seconds(120), by: site.admin)
        guard view.run.state == .done else { throw CloudError(.internalFault, ["part": "launch \(view.run.state)"]) }
    }
    let time = Double((ContinuousClock.now - begin).wholeMilliseconds) / 1000
    tasks.cancelAll()
    return time
}
Measure.row(
    "100 launches at once", Measure.ms(batch), "durable commit \(Measure.ms(floor))", String(format: "%.0f commits", batch / floor),
    "at most 12,000 commits (aim 1,000)")

// A list of 110 beside encoding what it shows.
let page = try await site.cloud.instances(for: site.admin, limit: 110).elements
let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
struct Row: Encodable {
    let instance: Instance
    let status: InstanceStatus
    let lease: InstanceLease
    let port: CloudModel.Port?
}
let rows = page.map { Row(instance: $0.instance, status: $0.status, lease: $0.lease, port: $0.port) }
let encoding = try await Measure.median(of: 51) { _ = try encoder.encode(rows) }
let listing = try await Measure.median(of: 51) { _ = try await site.cloud.instances(for: site.admin, limit: 110) }
Measure.row(
    "list of \(page.count)", Measure.ms(listing), "JSON of it \(Measure.ms(encoding))", String(format: "%.1f ×", listing / encoding),
    "at most 4 ×")

// An overlay by our writer beside qemu-img, neither synced.
let image = folder + "/base.raw"
try Data(count: 1 << 20).write(to: URL(fileURLWithPath: image))
let ours = try await Measure.median(of: 51) {
    let overlay = try QCow2Overlay(backingFile: image, backingFormat: .raw, virtualSize: .gibibytes(10))
    let path = folder + "/ours.qcow2"
    FileManager.default.createFile(atPath: path, contents: nil)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    for piece in overlay.pieces {
        try file.seek(toOffset: UInt64(piece.offset))
        try file.write(contentsOf: Data(piece.bytes))
    }
    try file.truncate(atOffset: UInt64(overlay.fileSize.bytes))
    try file.close()
}
if FileManager.default.fileExists(atPath: "/usr/bin/qemu-img") {
    let theirs = try await Measure.median(of: 21) {
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/qemu-img")
        tool.arguments = ["create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", folder + "/theirs.qcow2", "10G"]
        try tool.run()
        tool.waitUntilExit()
    }
    Measure.row(
        "overlay by our writer", Measure.ms(ours), "qemu-img create -b \(Measure.ms(theirs))",
        String(format: "%.0f × as fast", theirs / ours), "at least 20 ×")
}

// Ten thousand instances: memory, and how soon a manager that starts answers.
for hundred in 0..<100 {
    _ = try await site.perform(
        site.cloud.request(template: site.template, name: "many-\(hundred)-%03d", count: 100, start: false, by: site.admin))
}
Measure.row("resident memory, idle", String(format: "%.0f MiB", idle), "–", "–", "told")
Measure.row("resident memory after making 10,000 instances", String(format: "%.0f MiB", try Measure.residentMiB()), "–", "–", "told")
let begin = ContinuousClock.now
let again = try await BenchSite(folder: folder, host: site.host)
_ = try await again.cloud.instances(for: again.admin, limit: 100)
let start = Double((ContinuousClock.now - begin).wholeMilliseconds) / 1000
Measure.row(
    "start to first answer with 10,000 instances", Measure.ms(start), "durable commit \(Measure.ms(floor))",
    String(format: "%.0f commits", start / floor), "told")
