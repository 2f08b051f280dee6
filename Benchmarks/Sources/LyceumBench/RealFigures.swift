// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation

/// Launches of tiny guests on real QEMU, through every part.
struct RealFigures: Sendable {
    let results: Results
    let folder: String
    let image: String
    /// How many launches one by one.
    let single: Int
    /// How many rounds of ten at once, ours and bare in turn.
    let rounds: Int
    /// `launches`, `copies` or `memory` alone, for those who work on one of them; nil for all.
    let part: String?

    func measure() async throws {
        let real = try await RealSite(folder: folder, image: image)
        // The first makes the network.
        _ = try await real.destroy([real.site.launch("first")])
        if part ?? "launches" == "launches" { try await launches(real) }
        if part ?? "copies" == "copies" {
            try await CopyFigures(results: results, real: real, folder: folder, rounds: rounds).measure()
        }
        if part ?? "memory" == "memory" {
            try await MemoryFigures(results: results, real: real, folder: folder, guests: 30, rounds: max(1, rounds - 2)).measure()
        }
    }

    private func launches(_ real: RealSite) async throws {
        try await ownTime(real)
        var (ours, bare) = (Samples(), Samples())
        for round in 0..<rounds {
            let before = real.tools.count
            let (members, time) = try await real.site.launchAll(10, "ten-\(round)-%02d")
            ours.add(time)
            var script = try await BareScript(of: members, after: before, on: real, folder: folder + "/bare-\(round)")
            let ended = try await real.destroy(members.map(\.id))
            script.add(removals: ended, on: real)
            bare.add(try script.run())
            FileHandle.standardError.write(Data("round \(round + 1): ours \(time), bare \(bare.seconds.last ?? 0) s\n".utf8))
        }
        let ratio = ours.median / bare.median
        results.row(
            "10 real tiny guests to ready", ours.wholeSeconds, beside: "bare script with the same XML and commands \(bare.wholeSeconds)",
            ratio: String(format: "%.2f ×", ratio), .atMost(1.15, "1.15 ×"), for: ratio)
    }

    /// One launch after the other: create, start, ready.
    private func ownTime(_ real: RealSite) async throws {
        var (own, whole) = (Samples(), Samples())
        for number in 0..<single {
            let made = Box<ID<InstanceKind>>()
            let (all, ours) = try await real.spans.measure { made.value = try await real.site.launch("one-\(number)") }
            own.add(ours)
            whole.add(all)
            if let id = made.value { _ = try await real.destroy([id]) }
        }
        results.row(
            "one launch: the manager's own time, real host", own.milliseconds, beside: "the whole launch \(whole.wholeSeconds)",
            ratio: String(format: "%.2f %%", own.median / whole.median * 100), .atMost(0.010, "10 ms"), for: own.median)
    }
}

/// A value that comes out of a closure, in the task that put it there.
final class Box<Value> { var value: Value? }
