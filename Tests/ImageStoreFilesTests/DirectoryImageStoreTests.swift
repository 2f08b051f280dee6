// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import ImageStore
import ImageStoreFiles
import Synchronization
import Testing

@Suite struct DirectoryImageStoreTests {
    @Test(arguments: ImageStoreContract.Rule.allCases) func keeps(rule: ImageStoreContract.Rule) async throws {
        let place = try TemporaryStore()
        try await ImageStoreContract(store: place.store).check(rule)
    }

    @Test(arguments: ImageStoreContract.Rule.allCases) func keepsOverAWire(rule: ImageStoreContract.Rule) async throws {
        let place = try TemporaryStore()
        try await ImageStoreContract(store: LoopbackImageStore(place.store)).check(rule)
    }

    private static let image = ID<ImageKind>(bits: 1, 1)
    private static let upload = ID<UploadKind>(bits: 1, 1)
    private static let disk = ID<DiskKind>(bits: 1, 1)
    private var request: PublishRequest {
        PublishRequest(upload: Self.upload, image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
    }
    private var overlay: OverlayDescription {
        OverlayDescription(disk: Self.disk, image: Self.image, imageFormat: .qcow2, virtualSize: .mebibytes(8))
    }
    private func command(_ run: UInt64, fence: Int64 = 1) -> Command { Command(run: ID(bits: 1, run), step: "step", fence: Fence(fence)) }
    private func publish(_ store: DirectoryImageStore) async throws {
        _ = try await store.receive(Self.upload, limit: .mebibytes(1), MemoryBody(QCow2Sample().bytes))
        _ = try await store.publish(request, command(1))
    }

    /// Bit 1 of the incompatible features: QEMU sets it in a disk whose tables it found broken.
    @Test func aDamagedDiskKeepsItsOwnBaseAndHoldsUpNoOther() async throws {
        let place = try TemporaryStore()
        try await publish(place.store)
        let (damaged, layer, other) = (ID<DiskKind>(bits: 2, 1), ID<DiskKind>(bits: 2, 2), ID<DiskKind>(bits: 2, 3))
        func ensure(_ disk: ID<DiskKind>, _ base: DiskBase) async throws {
            try await place.store.ensure(
                OverlayDescription(disk: disk, base: base, virtualSize: .mebibytes(8)),
                command(base == .layer(layer) ? 4 : disk == layer ? 3 : 2))
        }
        try await ensure(damaged, .image(id: Self.image, format: .qcow2))
        try await ensure(layer, .image(id: Self.image, format: .qcow2))
        try await ensure(other, .layer(layer))
        var bytes = try place.bytes("disks/\(damaged)")
        bytes[79] |= 2
        try place.write("disks/\(damaged)", bytes)
        // Another file without even a header.
        try place.write("disks/\(ID<DiskKind>(bits: 2, 4))", [0, 1, 2])
        try await place.store.remove(other, command(5))
        try await place.store.remove(layer, command(6))
        await #expect(throws: CloudError(.imageInUse, ["image": Self.image.text, "by": damaged.text])) {
            try await place.store.remove(Self.image, command(7))
        }
    }

    @Test func everythingOutlivesTheProcess() async throws {
        let place = try TemporaryStore()
        try await publish(place.store)
        try await place.store.ensure(overlay, command(2, fence: 7))
        let before = try await place.store.inventory()
        let facts = try await place.store.observe(Self.image)
        try place.reopen()
        #expect(try await place.store.inventory() == before)
        #expect(try await place.store.observe(Self.image) == facts)
        #expect(try await place.store.observe(overlay) == .present(overlay))
        await #expect(throws: CloudError.self) { try await place.store.remove(Self.disk, command(3, fence: 6)) }
        try await place.store.remove(Self.disk, command(4, fence: 7))
        try place.reopen()
        try await place.store.ensure(overlay, command(2, fence: 7))
        #expect(try await place.store.observe(overlay) == .absent, "a late copy made the disk again after a restart")
    }

    @Test func anImageIsReadOnlyAndNeverChanges() async throws {
        let place = try TemporaryStore()
        try await publish(place.store)
        let bytes = try place.bytes("images/\(Self.image)")
        let mode = try FileManager.default.attributesOfItem(atPath: place.path("images/\(Self.image)"))[.posixPermissions] as? Int
        #expect(mode == 0o444)
        #expect(bytes == QCow2Sample().bytes)
        _ = try await place.store.receive(Self.upload, limit: .mebibytes(1), MemoryBody([UInt8](repeating: 9, count: 5000)))
        #expect(try place.bytes("images/\(Self.image)") == bytes, "an upload under the same id wrote into the image")
    }

    @Test func anOverlayIsTheWritersBytesAndSparse() async throws {
        let place = try TemporaryStore()
        try await publish(place.store)
        try await place.store.ensure(overlay, command(2))
        let due = try QCow2Overlay(backingFile: "../images/\(Self.image)", backingFormat: .qcow2, virtualSize: .mebibytes(8))
        #expect(try place.bytes("disks/\(Self.disk)") == due.bytes)
        #expect(place.store.path(of: Self.disk) == place.path("disks/\(Self.disk)"))
        var status = stat()
        #expect(stat(place.path("disks/\(Self.disk)"), &status) == 0 && status.st_blocks <= 64 && status.st_mode & 0o777 == 0o600)
    }

    // QEMU's own account passes through to a disk and its image; it lists nothing and sees nothing else. Also where an older store made
    // the folders.
    @Test func foldersArePassedThroughOnlyWhereGuestsNeedIt() throws {
        let place = try TemporaryStore()
        for name in ["disks", "images", "uploads"] {
            try FileManager.default.setAttributes([.posixPermissions: name == "uploads" ? 0o755 : 0o700], ofItemAtPath: place.path(name))
        }
        try place.reopen()
        for (name, due) in [
            "disks": 0o711, "images": 0o711, "memory": 0o711, "facts": 0o700, "uploads": 0o700, "tmp": 0o700,
        ] {
            let mode = try FileManager.default.attributesOfItem(atPath: place.path(name))[.posixPermissions] as? Int
            #expect(mode == due, "\(name)")
        }
    }

    @Test func whatWasHalfMadeIsGoneAfterARestart() async throws {
        let place = try TemporaryStore()
        try place.write("tmp/new-17", [1, 2, 3])
        #expect(try await place.store.inventory().strangers == ["tmp/new-17"])
        try place.reopen()
        #expect(try await place.store.inventory().strangers == [])
    }

    @Test func strangersAreListedAndLeftAlone() async throws {
        let place = try TemporaryStore()
        for name in ["notes", "images/a.qcow2", "disks/vm-1", "facts/\(Self.image)"] { try place.write(name, [1]) }
        try place.write("memory/vm-1", [1])
        let contents = try await place.store.inventory()
        #expect(contents.strangers == ["disks/vm-1", "facts/\(Self.image)", "images/a.qcow2", "notes"])
        #expect(contents.memories.map(\.text) == ["vm-1"])
    }

    @Test func roomIsWhatHasBlocksAndNotWhatIsLong() async throws {
        let place = try TemporaryStore()
        let disk = ID<DiskKind>(bits: 1, 1)
        try place.write("disks/\(disk)", [UInt8](repeating: 7, count: 1 << 20))
        let written = try await place.store.inventory().taken
        // A hole of ten gibibytes behind it.
        #expect(truncate(place.path("disks/\(disk)"), 10 << 30) == 0)
        let grown = try await place.store.inventory().taken
        for taken in [written, grown] {
            #expect(taken.count == 1 && taken[disk].map { $0 >= .mebibytes(1) && $0 < .mebibytes(4) } == true, "\(taken)")
        }
    }

    @Test func oneStoreHasTheDirectory() throws {
        let place = try TemporaryStore()
        #expect(throws: CloudError.self) { try DirectoryImageStore(id: ID(bits: 0, 0), root: place.root) }
        place.store.close()
        let second = try DirectoryImageStore(id: ID(bits: 0, 0), root: place.root)
        second.close()
        #expect(throws: CloudError.self) { try DirectoryImageStore(id: ID(bits: 0, 0), root: "/nowhere/at/all") }
        #expect(throws: CloudError.self) { try DirectoryImageStore(id: ID(bits: 0, 0), root: "relative") }
    }

    @Test func noLinkLeadsOut() async throws {
        let place = try TemporaryStore()
        let secret = place.path("notes")
        try place.write("notes", QCow2Sample().bytes)
        try FileManager.default.createSymbolicLink(atPath: place.path("uploads/\(Self.upload)"), withDestinationPath: secret)
        await #expect(throws: CloudError.self) { try await place.store.publish(request, command(1)) }
        #expect(try await place.store.observe(Self.image) == .absent)
        try FileManager.default.removeItem(atPath: place.path("uploads/\(Self.upload)"))
        try await publish(place.store)
        try FileManager.default.createSymbolicLink(atPath: place.path("disks/\(Self.disk)"), withDestinationPath: secret)
        await #expect(throws: CloudError.self) { try await place.store.ensure(overlay, command(3)) }
        #expect(try place.bytes("notes") == QCow2Sample().bytes)
        try await place.store.remove(Self.disk, command(4))
        #expect(try place.bytes("notes") == QCow2Sample().bytes)
    }

    @Test func aDiskThatIsNoneOfOursIsNotTakenForOne() async throws {
        let place = try TemporaryStore()
        try await publish(place.store)
        try place.write("disks/\(Self.disk)", QCow2Sample { $0.backingFile = "/etc/passwd" }.bytes)
        await #expect(throws: CloudError.self) { try await place.store.ensure(overlay, command(2)) }
        await #expect(throws: CloudError.self) { try await place.store.observe(overlay) }
        try place.write("disks/\(Self.disk)", [])
        await #expect(throws: CloudError.self) { try await place.store.observe(overlay) }
    }

    @Test func aCancelledUploadLeavesNothing() async throws {
        struct Endless: ByteStream {
            mutating func next() async throws -> [UInt8]? {
                try Task.checkCancellation()
                await Task.yield()
                return [0]
            }
        }
        let place = try TemporaryStore()
        let store = place.store
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await store.receive(Self.upload, limit: .gibibytes(1), Endless()) }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path("tmp")).isEmpty)
        #expect(try await store.inventory().uploads.isEmpty)
    }

    /// As a child process has it between its beginning and its program.
    @Test func anUploadThatEndsEarlyKeepsNoRoomThoughAnotherHasTheFileOpen() async throws {
        final class Holder: Sendable { let file = Mutex<FileHandle?>(nil) }
        struct BreaksOff: ByteStream {
            let folder: String
            let holder: Holder
            var pieces = 1
            mutating func next() async throws -> [UInt8]? {
                pieces -= 1
                guard pieces < 0 else { return [UInt8](repeating: 1, count: 100_000) }
                let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first)
                let file = try #require(FileHandle(forReadingAtPath: "\(folder)/\(name)"))
                holder.file.withLock { $0 = file }
                throw CancellationError()
            }
        }
        let place = try TemporaryStore()
        let holder = Holder()
        let body = BreaksOff(folder: place.path("tmp"), holder: holder)
        await #expect(throws: CancellationError.self) { _ = try await place.store.receive(Self.upload, limit: .gibibytes(1), body) }
        #expect(try holder.file.withLock { try $0?.seekToEnd() } == 0)
    }
}
