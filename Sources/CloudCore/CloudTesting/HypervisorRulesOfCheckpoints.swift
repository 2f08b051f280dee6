// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor

extension HypervisorTrial {
    func checkpoints() async throws {
        let bare = try await guest()
        let data = try await fixture.dataDisk()
        let own = memory(of: bare)
        let kept = MemoryImage(instance: bare.instance, store: fixture.store, checkpoint: ID(bits: 3, 3))
        func turned(_ guest: GuestDescription, _ disk: GuestDisk) -> GuestDescription { guest.with(disks: [disk]) }
        let first = try await fixture.disk(on: bare)
        try await expectRefusal(.notFound, when: "a checkpoint of nobody") {
            try await host.turn(bare.instance, to: first, keeping: kept, claim())
        }
        try expect(try await !host.isAtWork(on: bare.instance), "work on nobody")
        try await expectRefusal(.notFound, when: "a recall of nothing") { try await host.recall(kept, claim()) }
        try expect(try await host.observe(kept) == .absent, "memory of a checkpoint that was refused")

        // A guest that let a disk go has the others at places where a fresh start would not put them.
        try await host.start(bare.with(disks: bare.disks + [data]), claim())
        if fixture.obeys {
            try await wait(for: "the guest to boot") { try await answers(bare) }
            try await host.detach(data.disk, from: bare.instance, claim())
            try await wait(for: "the guest to let the disk go") { try await host.disks(of: bare.instance) == bare.disks.map(\.disk) }
        }
        let before = try await fixture.counter(of: bare)
        let stale = claim()
        let turn = claim("turn")
        try await host.turn(bare.instance, to: first, keeping: kept, turn)
        try await host.turn(bare.instance, to: first, keeping: kept, turn)
        try await host.turn(bare.instance, to: first, keeping: kept, claim())
        try await expectRefusal(.fenceStale, when: "a late checkpoint") {
            try await host.turn(bare.instance, to: first, keeping: nil, stale)
        }
        try await expect(bare, is: .running, "after the checkpoint")
        try expect(try await !host.isAtWork(on: bare.instance), "work goes on after the checkpoint was made")
        try expect(try await host.disks(of: bare.instance) == [first.disk], "the guest writes another disk")
        try expect(try await host.observe(kept) == .present(kept), "the checkpoint's memory is not seen")
        try await expectMemory(of: bare, false, "after a checkpoint")
        // The disk alone, on top of that one.
        let second = try await fixture.disk(on: turned(bare, first))
        try await host.turn(bare.instance, to: second, keeping: nil, claim())
        try expect(try await host.disks(of: bare.instance) == [second.disk], "the guest did not go on on the next disk")

        // Twice: what was woken from once is the checkpoint's all the same.
        for _ in 0..<2 {
            try await expectRefusal(.fenceStale, when: "a late recall") { try await host.recall(kept, stale) }
            try await host.recall(kept, claim())
            try await expectMemory(of: bare, true, "after the recall")
            try await host.off(bare.instance, claim())
            let again = turned(bare, try await fixture.disk(on: bare))
            try await host.wake(again, from: own, claim())
            try await expect(bare, is: .running, "after the wake")
            try expect(try await host.disks(of: bare.instance) == again.disks.map(\.disk), "the guest woke on another disk")
            if let before {
                try await wait(for: "the counter to go on") { try await fixture.counter(of: bare).map { $0 > before } ?? true }
            }
            try await expectMemory(of: bare, false, "after the wake")
            try await host.discard(own, claim())
            try expect(try await host.observe(kept) == .present(kept), "the checkpoint's memory went with the other")
        }
        try await host.discard(kept, claim())
        try await host.discard(kept, claim())
        try expect(try await host.observe(kept) == .absent, "the checkpoint's memory stays")
    }
}
