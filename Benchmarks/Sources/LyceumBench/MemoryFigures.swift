// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation

/// Thirty tiny guests whose memory goes to disk and comes back, all at once, beside bare libvirt on the same guests.
///
/// The bare script has four lanes, as many as may be at work on memory of ours. Beside libvirt that leaves a memory in the page cache, where a
/// loss of power takes it, is libvirt with each file brought to the disk: that is what a suspended guest of ours is. The network and the
/// records are ours alone. Awake is who answers its agent.
struct MemoryFigures: Sendable {
    let results: Results
    let real: RealSite
    let folder: String
    let guests: Int
    /// How many rounds, ours and bare in turn.
    let rounds: Int

    func measure() async throws {
        let members = try await real.site.launchAll(guests, "sleeper-%02d").members.map(\.id)
        var (suspended, woken, saved, durable, restored) = (Samples(), Samples(), Samples(), Samples(), Samples())
        for round in 0..<rounds {
            suspended.add(try await all(members) { SuspendInstance(by: real.site.admin, instance: $0) })
            try Tool.run("/usr/bin/sync", [])
            woken.add(try await all(members) { WakeInstance(by: real.site.admin, instance: $0) })
            // Who goes second finds a disk that still writes: each goes first in turn.
            for isDurable in round % 2 == 0 ? [true, false] : [false, true] {
                let files = "\(folder)/saved-\(round)"
                try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
                let taken = try bare(members, "virsh -q save $1 \(files)/$1" + (isDurable ? " && sync \(files)/$1" : ""))
                if isDurable { durable.add(taken) } else { saved.add(taken) }
                try Tool.run("/usr/bin/sync", [])
                restored.add(try bare(members, "virsh -q restore \(files)/$1 && \(Self.answers)"))
                try FileManager.default.removeItem(atPath: files)
            }
        }
        _ = try await real.destroy(members)
        row("suspend of \(guests)", suspended, "virsh save and sync", durable)
        results.row(
            "the same", suspended.wholeSeconds, beside: "virsh save into the page cache \(saved.wholeSeconds)",
            ratio: String(format: "%.2f ×", suspended.median / saved.median))
        row("resume of \(guests), to the agent's answer", woken, "virsh restore", restored)
    }

    private static let answers =
        #"until virsh -q qemu-agent-command $1 '{"execute":"guest-ping"}' >/dev/null 2>&1; do sleep 0.25; done"#

    private func row(_ what: String, _ ours: Samples, _ tool: String, _ bare: Samples) {
        let ratio = ours.median / bare.median
        results.row(
            what, ours.wholeSeconds, beside: "\(tool), as many at once \(bare.wholeSeconds)", ratio: String(format: "%.2f ×", ratio),
            .atMost(1.15, "1.15 ×"), for: ratio)
    }

    /// One verb on all, until all have ended.
    private func all<Verb: CloudOperation>(_ instances: [ID<InstanceKind>], _ verb: @Sendable (ID<InstanceKind>) -> Verb) async throws
        -> Duration
    {
        try await real.site.serving { cloud in
            let begin = ContinuousClock.now
            var runs: [ID<OperationKind>] = []
            for id in instances { runs.append(try await cloud.submit(verb(id)).operation) }
            for run in runs { try await real.site.end(of: run, in: cloud) }
            return ContinuousClock.now - begin
        }
    }

    /// A line of bash for each instance, `$1` being its name.
    private func bare(_ instances: [ID<InstanceKind>], _ line: String) throws -> Duration {
        let begin = ContinuousClock.now
        let names = instances.map(\.text).joined(separator: " ")
        try Tool.run(
            "/bin/bash",
            ["-euc", "printf '%s\\n' \(names) | xargs -P 4 -n 1 bash -euc \"$0\" bash", line])
        return ContinuousClock.now - begin
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
