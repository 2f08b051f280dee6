// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation
import NetFabricLinux

/// Thirty tiny guests whose memory goes to disk and comes back, all at once, beside bare libvirt on the same guests.
///
/// A guest of ours that is suspended is on the disk, where no loss of power takes it, and off the network; one that is awake is on the
/// network, answers its agent, and knows what time it is. The script that ours is held to does the same with the same commands (as
/// ``BareScript`` for launches), every guest in a lane of its own, memory through four doors: as many as may be at work on memory of ours.
/// libvirt alone, into the page cache, with every guest left on the switch and in its old time, is told beside it.
struct MemoryFigures: Sendable {
    let results: Results
    let real: RealSite
    let folder: String
    let guests: Int
    /// How many rounds: in each all three, and who goes first finds a disk at rest.
    let rounds: Int

    func measure() async throws {
        let members = try await real.site.launchAll(guests, "sleeper-%02d").members.map(\.id)
        var (ours, same, alone) = (Times(), Times(), Times())
        var lanes: [Lane] = []
        for round in 0..<rounds {
            // The first is ours, for the script does what ours did.
            for turn in 0..<3 {
                try Tool.run("/usr/bin/sync", [])
                switch (round + turn) % 3 {
                case 0: lanes = try await ours.add(self.ours(members))
                case 1: same.add(try bare(lanes))
                default: alone.add(try bare(members.map { Lane(name: $0.text) }, isAlone: true))
                }
            }
        }
        _ = try await real.destroy(members)
        let (off, on) = ("suspend of \(guests)", "resume of \(guests), to the agent's answer")
        row(off, ours.off, "virsh save, sync, and the same commands of the network", same.off)
        told(ours.off, "virsh save alone, into the page cache", alone.off)
        row(on, ours.on, "virsh restore, domtime, and the same commands of the network", same.on)
        told(ours.on, "virsh restore alone", alone.on)
    }

    private struct Times {
        var (off, on) = (Samples(), Samples())

        mutating func add(_ times: (off: Duration, on: Duration)) {
            off.add(times.off)
            on.add(times.on)
        }

        mutating func add(_ round: (off: Duration, on: Duration, lanes: [Lane])) -> [Lane] {
            add((round.off, round.on))
            return round.lanes
        }
    }

    /// One guest of the bare script, and what it calls beside virsh.
    private struct Lane {
        let name: String
        var off: [ToolCall] = []
        var on: [ToolCall] = []
    }

    private func row(_ what: String, _ ours: Samples, _ yardstick: String, _ bare: Samples) {
        let ratio = ours.median / bare.median
        results.row(
            what, ours.wholeSeconds, beside: "\(yardstick), as many at once \(bare.wholeSeconds)", ratio: String(format: "%.2f ×", ratio),
            .atMost(1.15, "1.15 ×"), for: ratio)
    }

    private func told(_ ours: Samples, _ yardstick: String, _ bare: Samples) {
        results.row(
            "the same", ours.wholeSeconds, beside: "\(yardstick), as many at once \(bare.wholeSeconds)",
            ratio: String(format: "%.2f ×", ours.median / bare.median))
    }

    /// Suspends and wakes all; gives what each called on the way.
    private func ours(_ members: [ID<InstanceKind>]) async throws -> (off: Duration, on: Duration, lanes: [Lane]) {
        let suspended = try await all(members) { SuspendInstance(by: real.site.admin, instance: $0) }
        try Tool.run("/usr/bin/sync", [])
        let woken = try await all(members) { WakeInstance(by: real.site.admin, instance: $0) }
        let (off, on) = (calls(of: suspended.runs) { $0 < $1 }, calls(of: woken.runs) { $0 > $1 })
        return (suspended.time, woken.time, members.indices.map { Lane(name: members[$0].text, off: off[$0], on: on[$0]) })
    }

    /// What runs called to take their guests off the network, or to bring them there. Each picture holds the ports of its moment, and lanes
    /// come in another order here, so each loads the one that holds the fewest, or the most.
    private func calls(of runs: [String], best: (Int, Int) -> Bool) -> [[ToolCall]] {
        let pictures = runs.map { real.tools.calls(of: "\($0)/network") }
        let one = Dictionary(pictures.joined().map { ([$0.tool] + $0.arguments, $0.input) }) {
            best($0?.count ?? 0, $1?.count ?? 0) ? $0 : $1
        }
        return zip(runs, pictures).map { run, picture in
            picture.map { ToolCall($0.tool, $0.arguments, input: one[[$0.tool] + $0.arguments] ?? $0.input) }
                + real.tools.calls(of: "\(run)/port")
        }
    }

    /// One verb on all, until all have ended.
    private func all<Verb: CloudOperation>(_ instances: [ID<InstanceKind>], _ verb: @Sendable (ID<InstanceKind>) -> Verb) async throws
        -> (time: Duration, runs: [String])
    {
        try await real.site.serving { cloud in
            let begin = ContinuousClock.now
            var runs: [ID<OperationKind>] = []
            for id in instances { runs.append(try await cloud.submit(verb(id)).operation) }
            for run in runs { try await real.site.end(of: run, in: cloud) }
            return (ContinuousClock.now - begin, runs.map(\.text))
        }
    }

    /// Saves and restores all by bash, all at once.
    /// - Parameter isAlone: by virsh and nothing else.
    private func bare(_ lanes: [Lane], isAlone: Bool = false) throws -> (off: Duration, on: Duration) {
        let files = folder + "/saved"
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
        for (number, lane) in lanes.enumerated() {
            let (memory, door) = ("\(files)/\(lane.name)", "flock \(files)/door-\(number % 4)")
            let save = "virsh -q save \(lane.name) \(memory)" + (isAlone ? "" : " && sync \(memory)")
            // As ours: that the guest takes the time is its agent's answer.
            let question = isAlone ? #"qemu-agent-command \#(lane.name) '{"execute":"guest-ping"}'"# : "domtime \(lane.name) --now"
            let answers = "timeout 600 bash -c \("until virsh -q \(question) >/dev/null 2>&1; do sleep 0.25; done".quotedForBash)"
            let off = ["\(door) bash -eu -c '\(save)'"] + lane.off.map(\.bashLine)
            let on = lane.on.map(\.bashLine) + ["\(door) virsh -q restore \(memory)", answers]
            for (what, lines) in [("off", off), ("on", on)] {
                try lines.joined(separator: "\n").write(toFile: "\(memory).\(what)", atomically: true, encoding: .utf8)
            }
        }
        func run(_ what: String) throws -> Duration {
            let begin = ContinuousClock.now
            let scripts = lanes.map { "\(files)/\($0.name).\(what)" }.joined(separator: " ")
            try Tool.run("/bin/bash", ["-euc", "printf '%s\\n' \(scripts) | xargs -P \(lanes.count) -n 1 bash -eu"])
            return ContinuousClock.now - begin
        }
        let off = try run("off")
        try Tool.run("/usr/bin/sync", [])
        let on = try run("on")
        try FileManager.default.removeItem(atPath: files)
        return (off, on)
    }
}

/// A disk that becomes a template, beside the tool that copies it.
struct CopyFigures: Sendable {
    let results: Results
    let real: RealSite
    let folder: String
    let rounds: Int

    func measure() async throws {
        let site = real.site
        let member = try await site.launchAll(1, "master").members[0]
        _ = try await site.perform(ForceOffInstance(by: site.admin, instance: member.id))
        // 512 MiB that cannot be told from chance, in place of what the guest wrote.
        let (disk, noise) = (real.disks.path(of: member.disk), folder + "/noise")
        try Tool.run("/bin/bash", ["-euc", "head -c 536870912 /dev/urandom >\(noise)"])
        try Tool.run("/usr/bin/qemu-img", ["convert", "-f", "raw", "-O", "qcow2", noise, disk])
        try Tool.run("/bin/bash", ["-euc", "rm \(noise); sync"])
        var (ours, alone, durable) = (Samples(), Samples(), Samples())
        for round in 0..<rounds {
            // Who goes second finds a disk that still writes: each goes first in turn.
            if round % 2 == 0 { ours.add(try await save(member.id, round)) }
            let (copied, synced) = try bare(disk)
            alone.add(copied)
            durable.add(synced)
            if round % 2 == 1 { ours.add(try await save(member.id, round)) }
        }
        _ = try await real.destroy([member.id])
        let ratio = ours.median / durable.median
        results.row(
            "save 512 MiB as a template, with its hash", ours.milliseconds, beside: "qemu-img convert and sync \(durable.milliseconds)",
            ratio: String(format: "%.2f ×", ratio), .atMost(1.2, "1.2 ×"), for: ratio)
        results.row(
            "the same", ours.milliseconds, beside: "qemu-img convert into the page cache \(alone.milliseconds)",
            ratio: String(format: "%.2f ×", ours.median / alone.median))
    }

    private func save(_ instance: ID<InstanceKind>, _ round: Int) async throws -> Duration {
        let (template, image) = (SystemIDs().next(TemplateKind.self), SystemIDs().next(ImageKind.self))
        let (admin, name) = (real.site.admin, try DisplayName("Copy \(round)"))
        let begin = ContinuousClock.now
        _ = try await real.site.perform(SaveAsTemplate(by: admin, instance: instance, template: template, name: name, image: image))
        let taken = ContinuousClock.now - begin
        try Tool.run("/usr/bin/sync", [])
        return taken
    }

    /// How long the tool takes into the page cache, and until it is on the disk.
    private func bare(_ disk: String) throws -> (copied: Duration, synced: Duration) {
        let copy = folder + "/copy"
        let begin = ContinuousClock.now
        try Tool.run("/usr/bin/qemu-img", ["convert", "-f", "qcow2", "-O", "qcow2", disk, copy])
        let copied = ContinuousClock.now - begin
        try Tool.run("/usr/bin/sync", [copy])
        let synced = ContinuousClock.now - begin
        try Tool.run("/bin/rm", [copy])
        try Tool.run("/usr/bin/sync", [])
        return (copied, synced)
    }
}
