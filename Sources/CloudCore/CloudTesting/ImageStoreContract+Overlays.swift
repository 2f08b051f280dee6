// SPDX-License-Identifier: Apache-2.0

import CloudModel
import ImageStore

extension ImageStoreContract {
    func overlayIsEnsure(_ rule: Rule) async throws {
        _ = try await publishSample()
        try expect(try await store.observe(overlay()) == .absent, rule, "observed before it was made")
        try await store.ensure(overlay(), command(2))
        try expect(try await store.observe(overlay()) == .present(overlay()), rule, "not observed as asked for")
        try await store.ensure(overlay(), command(2))
        try await store.ensure(overlay(), command(3))
        try expect(try await store.inventory().disks == [Self.disk], rule, "not listed once")
        try await store.remove(Self.disk, command(4))

        _ = try await send([UInt8](repeating: 0, count: 4096))
        _ = try await store.publish(request(Self.otherImage, .raw), command(5))
        let onRaw = overlay(ID(bits: 1, 2), on: Self.otherImage, .raw, size: ByteCount(bytes: 4096))
        try await store.ensure(onRaw, command(6))
        try expect(try await store.observe(onRaw) == .present(onRaw), rule, "an overlay of a raw image is not observed as asked for")
        try await store.remove(onRaw.disk, command(7))
        try await store.remove(Self.otherImage, command(8))
        try await store.remove(Self.upload)
        try await store.remove(Self.image, command(9))
    }

    func overlayIsJudged(_ rule: Rule) async throws {
        try await refused(.imageMissing, rule, "no such image") { try await store.ensure(overlay(), command(1)) }
        _ = try await publishSample(run: 2)
        _ = try await publishSample(Self.otherImage, run: 3)
        try await refused(.invalidField, rule, "smaller than its image") {
            try await store.ensure(overlay(size: ByteCount(bytes: 1 << 20 - 512)), command(4))
        }
        try await refused(.invalidField, rule, "half a sector") {
            try await store.ensure(overlay(size: ByteCount(bytes: 1 << 20 + 256)), command(5))
        }
        try await refused(.invalidField, rule, "an absurd size") {
            try await store.ensure(overlay(size: ByteCount(bytes: .max - 511)), command(6))
        }
        try await refused(.invalidField, rule, "another format") { try await store.ensure(overlay(on: Self.image, .raw), command(7)) }
        try expect(try await store.inventory().disks.isEmpty, rule, "a refusal left a disk")
        try await store.ensure(overlay(), command(8))
        try await refused(.nameTaken, rule, "the same disk on another image") {
            try await store.ensure(overlay(on: Self.otherImage), command(9))
        }
        try expect(try await store.observe(overlay()) == .present(overlay()), rule, "a refusal changed the disk")
        try await store.remove(Self.disk, command(10))
        try await store.remove(Self.image, command(11))
        try await store.remove(Self.otherImage, command(12))
    }

    func layersAreKept(_ rule: Rule) async throws {
        let data = OverlayDescription(disk: Self.disk, base: .nothing, virtualSize: .mebibytes(2))
        let upper = OverlayDescription(disk: ID(bits: 1, 2), base: .layer(Self.disk), virtualSize: .mebibytes(2))
        try await refused(.notFound, rule, "a layer that is not there") { try await store.ensure(upper, command(1)) }
        try await store.ensure(data, command(2))
        try expect(try await store.observe(data) == .present(data), rule, "a data disk is not as asked for")
        try await refused(.invalidField, rule, "smaller than its layer") {
            try await store.ensure(
                OverlayDescription(disk: upper.disk, base: upper.base, virtualSize: .mebibytes(1)), command(3))
        }
        try await store.ensure(upper, command(4))
        try expect(try await store.observe(upper) == .present(upper), rule, "a disk on a layer is not as asked for")
        try await refused(.notFound, rule, "a disk that is not there grows") {
            try await store.grow(ID(bits: 1, 3), to: .mebibytes(4), command(10))
        }
        try await refused(.imageInUse, rule, "a layer under a disk is removed") { try await store.remove(Self.disk, command(5)) }
        try await refused(.imageInUse, rule, "a layer under a disk is to be written") { try await store.ensure(data, command(6)) }
        try await store.remove(upper.disk, command(7))
        try await store.ensure(data, command(8))
        try expect(try await store.observe(data) == .present(data), rule, "what was a layer is no disk any more")
        try await store.remove(Self.disk, command(9))
    }

    func layersAreMerged(_ rule: Rule) async throws {
        _ = try await publishSample()
        let (lower, upper, top) = (overlay(), ID<DiskKind>(bits: 1, 2), ID<DiskKind>(bits: 1, 3))
        func description(_ disk: ID<DiskKind>, on base: DiskBase) -> OverlayDescription {
            OverlayDescription(disk: disk, base: base, virtualSize: .mebibytes(8))
        }
        try await refused(.notFound, rule, "a disk that is not there is moved") { try await store.rebase(lower, command(2)) }
        try await store.ensure(lower, command(3))
        try await store.ensure(description(upper, on: .layer(lower.disk)), command(4))
        try await store.ensure(description(top, on: .layer(upper)), command(5))
        try await refused(.notFound, rule, "a disk is moved to a layer that is not there") {
            try await store.rebase(description(upper, on: .layer(ID(bits: 1, 9))), command(6))
        }
        try await refused(.fenceStale, rule, "a disk is moved under an older fence") {
            try await store.rebase(description(upper, on: lower.base), command(6, fence: 0))
        }
        let moved = description(upper, on: lower.base)
        // Without a tool there is nothing more to be seen.
        let isMoved: Bool
        do {
            try await store.rebase(moved, command(7))
            isMoved = true
        } catch let refusal as CloudError where refusal.code == .unavailable { isMoved = false }
        if isMoved {
            try await store.rebase(moved, command(7))
            try await store.rebase(moved, command(8))
            try expect(try await store.observe(moved) == .present(moved), rule, "the disk lies where it lay")
            try await refused(.imageInUse, rule, "a layer that was moved is to be written") { try await store.ensure(moved, command(9)) }
            try await store.rebase(description(upper, on: .layer(lower.disk)), command(10))
            try await refused(.imageInUse, rule, "a layer is removed under what was moved back") {
                try await store.remove(lower.disk, command(11))
            }
            try await store.rebase(moved, command(12))
            try await store.remove(lower.disk, command(13))
        }
        for disk in [top, upper, lower.disk] { try await store.remove(disk, command(14)) }
        try await store.remove(Self.image, command(15))
    }

    func removalIsEnsure(_ rule: Rule) async throws {
        try await store.remove(Self.disk, command(1))
        try await store.remove(Self.image, command(1))
        _ = try await publishSample(run: 2)
        try await store.ensure(overlay(), command(3))
        try await refused(.imageInUse, rule, "an image under a disk") { try await store.remove(Self.image, command(4)) }
        try expect(try await store.observe(overlay()) == .present(overlay()), rule, "the disk went with the refusal")
        try await store.remove(Self.disk, command(5))
        try await store.remove(Self.disk, command(6))
        try await store.remove(Self.image, command(7))
        try await store.remove(Self.image, command(8))
    }

    func lateCommandsAreHarmless(_ rule: Rule) async throws {
        _ = try await publishSample()
        let first = command(2, fence: 1)
        try await store.ensure(overlay(), first)
        try await store.ensure(overlay(), command(3, fence: 5))
        try await refused(.fenceStale, rule, "removal under an older fence") { try await store.remove(Self.disk, command(4, fence: 4)) }
        try await refused(.fenceStale, rule, "ensuring under an older fence") { try await store.ensure(overlay(), first) }
        try expect(try await store.observe(overlay()) == .present(overlay()), rule, "an older fence removed the disk")
        let made = command(5, fence: 6)
        try await store.ensure(overlay(), made)
        try await store.remove(Self.disk, command(5, fence: 6, step: "undo"))
        try await store.ensure(overlay(), made)
        try expect(try await store.observe(overlay()) == .absent, rule, "a late copy of a command made the disk again")
        try await store.remove(Self.image, command(6))
    }

    func undoneStaysUndone(_ rule: Rule) async throws {
        _ = try await publishSample()
        try await store.remove(Self.disk, command(2, step: "disk/undo"))
        try await refused(.fenceStale, rule, "a disk behind its undo") { try await store.ensure(overlay(), command(2, step: "disk")) }
        try expect(try await store.observe(overlay()) == .absent, rule, "a command that came behind its undo made the disk")
        try await store.ensure(overlay(), command(3, step: "disk"))
        try expect(try await store.observe(overlay()) == .present(overlay()), rule, "another run could not make it")
        try await store.remove(Self.disk, command(3, step: "disk/undo"))
        try await store.remove(Self.image, command(4))
    }

    func goneStaysGone(_ rule: Rule) async throws {
        _ = try await publishSample()
        let made = command(2, fence: 5)
        try await store.ensure(overlay(), made)
        try await store.remove(Self.disk, command(2, fence: 5, step: "undo"))
        for other in 0..<50 as Range<UInt64> { try await store.remove(ID<DiskKind>(bits: 4, other), command(100 + other)) }
        try await refused(.fenceStale, rule, "ensuring under an older fence") { try await store.ensure(overlay(), command(3, fence: 4)) }
        try await store.ensure(overlay(), made)
        try expect(try await store.observe(overlay()) == .absent, rule, "a late copy of a command made the disk again")
        try await store.ensure(overlay(), command(4, fence: 6))
        try expect(try await store.observe(overlay()) == .present(overlay()), rule, "a newer command did not make it")
        try await store.remove(Self.disk, command(5, fence: 7))
        try await store.remove(Self.image, command(6))
    }

    func overlaysAtOnce(_ rule: Rule) async throws {
        _ = try await publishSample()
        let all = (0..<64).map { overlay(ID(bits: 3, UInt64($0))) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, one) in all.enumerated() {
                group.addTask { try await store.ensure(one, command(100 + UInt64(index))) }
            }
            try await group.waitForAll()
        }
        let listed = try await store.inventory().disks
        try expect(listed == all.map(\.disk).sorted(), rule, "\(listed.count) of \(all.count) are listed in order")
        for (index, one) in all.enumerated() {
            try expect(try await store.observe(one) == .present(one), rule, "\(one.disk) is not as asked for")
            try await store.remove(one.disk, command(200 + UInt64(index)))
        }
        try await store.remove(Self.image, command(2))
    }

    func roomIsTold(_ rule: Rule) async throws {
        let data = OverlayDescription(disk: Self.disk, base: .nothing, virtualSize: .gibibytes(10))
        try await store.ensure(data, command(1))
        let taken = try await store.inventory().taken
        try expect(taken.keys.map { $0 } == [Self.disk], rule, "\(taken)")
        try expect(taken[Self.disk].map { $0 > .zero && $0 <= .mebibytes(8) } == true, rule, "an empty disk of 10 GiB: \(taken)")
        try await store.remove(Self.disk, command(2))
        let left = try await store.inventory().taken
        try expect(left.isEmpty, rule, "a disk that is gone takes room: \(left)")
    }

    func spaceIsTold(_ rule: Rule) async throws {
        let space = try await store.space()
        try expect(space.total > .zero && space.free <= space.total, rule, "\(space)")
    }
}
