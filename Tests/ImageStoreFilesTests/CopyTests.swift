// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import ImageStore
import Testing

@testable import ImageStoreFiles

/// A disk becomes an image whole or not at all, whatever the tool does.
@Suite struct CopyTests {
    private static let image = ID<ImageKind>(bits: 1, 1)
    private static let disk = ID<DiskKind>(bits: 1, 1)
    private let request = CopyRequest(disk: disk, image: image)

    private func command(_ step: Int) -> Command { Command(run: ID(bits: 1, 1), step: "copy[\(step)]", fence: Fence(1)) }

    /// A store with a data disk and a tool that is this script; `$7` is the disk and `$8` the file to be made.
    private func withStore(_ script: String, _ body: (DirectoryImageStore, TemporaryStore) async throws -> Void) async throws {
        let place = try TemporaryStore()
        place.store.close()
        try place.write("tool", Array("#!/bin/sh\n\(script)\n".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path("tool"))
        let store = try DirectoryImageStore(
            id: ID(bits: 0, 0), root: place.root, tool: ImageTool(path: place.path("tool"), limiter: nil))
        defer { store.close() }
        try await store.ensure(OverlayDescription(disk: Self.disk, base: .nothing, virtualSize: .mebibytes(1)), command(-1))
        try await body(store, place)
        #expect(try await store.inventory().strangers == ["tool"], "something is left of the copy")
    }

    /// Looks until the copy is done.
    private func facts(_ store: DirectoryImageStore) async throws -> ImageFacts {
        for look in 0..<200 {
            if let facts = try await store.copy(request, command(look)).facts { return facts }
        }
        throw CloudError(.timedOut)
    }

    @Test func theMeterReadsWhatTheToolWrites() {
        var meter = CopyMeter()
        #expect(meter.read(Array("    (0.00/100%)\r    (12.9".utf8)) == 12)
        #expect(meter.read(Array("9/100%)\r".utf8)) == nil)
        #expect(meter.read(Array("    (13.00/100%)\r    (14.00/100%)\r".utf8)) == 14)
        #expect(meter.read(Array("    (100.00/100%)\n".utf8)) == 100)
        _ = meter.read(Array("((((999999999999/".utf8))
        #expect(meter.read(Array("(7/".utf8)) == 7)
    }

    /// Whatever QEMU's tool was doing when the store was full, the refusal says which store and how much of it is free.
    @Test func aFullStoreHasItsNameAndItsFigures() async throws {
        let other = ID<DiskKind>(bits: 1, 2)
        try await withStore("echo 'No space left on device' >&2; exit 1") { store, place in
            try await store.ensure(OverlayDescription(disk: other, base: .nothing, virtualSize: .mebibytes(1)), command(-2))
            let calls: [() async throws -> Void] = [
                { _ = try await facts(store) }, { try await store.grow(Self.disk, to: .mebibytes(2), command(0)) },
            ]
            for call in calls {
                let refusal = await #expect(throws: CloudError.self) { try await call() }
                #expect(refusal?.code == .diskFull && refusal?.parameters["store"] == store.id.text, "\(String(describing: refusal))")
                #expect(refusal?.parameters["needed"] == "more room" && refusal?.parameters["free"]?.isEmpty == false)
                #expect(refusal?.detail?.contains("No space left") == true, "what the tool said is for the log")
            }
        }
    }

    @Test func aCopyIsMadeOnceAndHashed() async throws {
        try await withStore(#"printf '    (10.00/100%%)\r'; cp "$7" "$8"; printf '    (100.00/100%%)\n'"#) { store, place in
            let facts = try await facts(store)
            #expect(facts.format == .qcow2 && facts.virtualSize == .mebibytes(1))
            #expect(try await store.observe(Self.image) == .present(facts))
            let (image, disk) = (try place.bytes("images/\(Self.image)"), try place.bytes("disks/\(Self.disk)"))
            #expect(image == disk)
            let later = try await store.copy(request, command(500))
            #expect(later.facts == facts, "a later look sees the same")
            try await store.remove(Self.image, command(501))
        }
    }

    /// The tool would take ten minutes; it is ended at once, and a late copy of an earlier command begins nothing.
    @Test func aCopyIsCalledOffInItsMiddle() async throws {
        try await withStore(#"printf '    (10.00/100%%)\r'; cp "$7" "$8"; exec sleep 600"#) { store, _ in
            let first = try await store.copy(request, command(0))
            #expect(first.facts == nil)
            let clock = ContinuousClock()
            let took = try await clock.measure { try await store.remove(Self.image, command(1)) }
            let there = try await store.observe(Self.image)
            #expect(took < .seconds(300) && there == .absent, "however busy the machine is")
            await #expect(throws: CloudError(.notFound, ["object": Self.image.text])) {
                _ = try await store.copy(request, command(0))
            }
            #expect(!store.copies.isCalledOff(Self.image), "each that was ever called off would be remembered")
        }
    }

    /// It was done, and its image is gone: that is remembered by the ledger, which forgets in the end and outlives the process.
    @Test func aLateCopyOfWhatIsGoneBeginsNothing() async throws {
        try await withStore(#"cp "$7" "$8""#) { store, place in
            _ = try await facts(store)
            try await store.remove(Self.image, command(501))
            #expect(!store.copies.isCalledOff(Self.image), "each image that was ever removed would be remembered")
            let gone = CloudError(.notFound, ["object": Self.image.text])
            await #expect(throws: gone) { _ = try await store.copy(request, command(0)) }
            store.close()
            let again = try DirectoryImageStore(
                id: ID(bits: 0, 0), root: place.root, tool: ImageTool(path: place.path("tool"), limiter: nil))
            defer { again.close() }
            await #expect(throws: gone) { _ = try await again.copy(request, command(0)) }
        }
    }

    @Test(arguments: [
        ("echo 'error while writing sector 7: No space left on device' >&2; exit 1", ErrorCode.diskFull),
        ("exit 1", .unavailable), ("kill -9 $$", .unavailable), ("exit 0", .unavailable), (#"echo rubbish > "$8""#, .imageMalformed),
    ])
    func aToolThatFailsIsARefusalThatLeavesNothing(_ script: String, _ code: ErrorCode) async throws {
        try await withStore(script) { store, _ in
            let refusal = await #expect(throws: CloudError.self) { _ = try await facts(store) }
            let there = try await store.observe(Self.image)
            #expect(refusal?.code == code && there == .absent)
        }
    }

    @Test func aDiskThatIsNotThereIsNotCopied() async throws {
        try await withStore("exit 1") { store, _ in
            let other = CopyRequest(disk: ID(bits: 7, 7), image: Self.image)
            await #expect(throws: CloudError(.notFound, ["object": other.disk.text])) { _ = try await store.copy(other, command(0)) }
        }
    }
}
