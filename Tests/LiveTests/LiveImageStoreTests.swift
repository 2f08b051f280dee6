// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import ImageStore
import ImageStoreFiles
import Subprocess
import SystemPackage
import Testing

/// The directory store beside QEMU's own tools: they find our overlays clean and write into them, and what they can make that would
/// harm us is refused.
@Suite(.enabled(if: LiveHost.isThere)) struct LiveImageStoreTests {
    private static let image = ID<ImageKind>(bits: 1, 1)
    private static let upload = ID<UploadKind>(bits: 1, 1)

    @Test(arguments: ImageStoreContract.Rule.allCases) func keepsWithTheTool(rule: ImageStoreContract.Rule) async throws {
        let place = try LiveDirectory()
        let tool = try #require(ImageTool.installed())
        try await ImageStoreContract(store: place.store(tool)).check(rule)
    }

    @Test(arguments: [ByteCount(bytes: 512), .mebibytes(56), .gibibytes(20), .gibibytes(4096 + 1), QCow2Overlay.largestVirtualSize])
    func theToolFindsOverlaysClean(size: ByteCount) async throws {
        let place = try LiveDirectory()
        let store = try place.store(nil)
        _ = try await store.receive(Self.upload, limit: .mebibytes(1), MemoryBody([UInt8](repeating: 0, count: 512)))
        let request = PublishRequest(upload: Self.upload, image: Self.image, declared: .raw, expectedSHA256: nil, limit: .mebibytes(1))
        _ = try await store.publish(request, command("publish"))
        let overlay = OverlayDescription(disk: ID(bits: 1, 1), image: Self.image, imageFormat: .raw, virtualSize: size)
        try await store.ensure(overlay, command("disk"))
        let file = store.path(of: overlay.disk)
        try await place.tool("qemu-img", "check", "-f", "qcow2", file)
        let info = try await place.tool("qemu-img", "info", "--output=json", "-f", "qcow2", "--backing-chain", file)
        #expect(info.contains("\"virtual-size\": \(size.bytes),") && info.contains("\"backing-filename-format\": \"raw\""))
    }

    @Test func QEMUWritesIntoAnOverlayAndNeverIntoTheImage() async throws {
        let place = try LiveDirectory()
        let store = try place.store(nil)
        let base = place.path("base.qcow2")
        try await place.tool("qemu-img", "create", "-q", "-f", "qcow2", base, "64M")
        try await place.tool("qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 1M 2M", base)
        _ = try await store.receive(Self.upload, limit: .mebibytes(64), MemoryBody(place.bytes("base.qcow2")))
        let request = PublishRequest(upload: Self.upload, image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
        let facts = try await store.publish(request, command("publish"))
        #expect(facts.virtualSize == .mebibytes(64))
        // Larger than its image, as a template's disk may be.
        let overlay = OverlayDescription(disk: ID(bits: 1, 1), image: Self.image, imageFormat: .qcow2, virtualSize: .gibibytes(2))
        try await store.ensure(overlay, command("disk"))
        let file = store.path(of: overlay.disk)
        try await place.tool("qemu-io", "-f", "qcow2", "-c", "read -P 0x5a 1M 2M", "-c", "read -P 0 3M 8M", file)
        try await place.tool(
            "qemu-io", "-f", "qcow2", "-c", "write -P 0xa5 1500k 100k", "-c", "write -P 0x77 1900M 3M", "-c", "flush", file)
        try await place.tool(
            "qemu-io", "-f", "qcow2", "-c", "read -P 0x5a 1M 476k", "-c", "read -P 0xa5 1500k 100k", "-c", "read -P 0x5a 1600k 1M",
            "-c", "read -P 0x77 1900M 3M", file)
        try await place.tool("qemu-img", "check", "-f", "qcow2", file)
        // The written overlay is still the disk that it was, and its image still has its hash.
        #expect(try await store.observe(overlay) == .present(overlay))
        let again = ID<UploadKind>(bits: 1, 2)
        let hash = try await store.receive(again, limit: .mebibytes(64), MemoryBody(place.bytes("store/images/\(Self.image)"))).sha256
        #expect(hash == facts.sha256)
    }

    @Test(arguments: [
        ["compat=0.10"], ["compat=1.1"], ["compat=1.1", "lazy_refcounts=on"], ["cluster_size=512"], ["cluster_size=2M"],
        ["preallocation=metadata"], ["compression_type=zstd"], ["refcount_bits=1"], ["refcount_bits=64"],
    ])
    func whatQEMUMakesForAnEmptyDiskIsAccepted(options: [String]) async throws {
        let place = try LiveDirectory()
        try await place.tool("qemu-img", "create", "-q", "-f", "qcow2", "-o", options.joined(separator: ","), place.path("x"), "20M")
        let tool = try #require(ImageTool.installed())
        let facts = try await publish(place.bytes("x"), .qcow2, in: place.store(tool))
        #expect(facts.virtualSize == .mebibytes(20))
    }

    @Test func aCompressedImageIsAccepted() async throws {
        let place = try LiveDirectory()
        try await place.tool("qemu-img", "create", "-q", "-f", "raw", place.path("raw"), "20M")
        try await place.tool("qemu-io", "-f", "raw", "-c", "write -P 0x11 3M 5M", place.path("raw"))
        try await place.tool("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", place.path("raw"), place.path("x"))
        let tool = try #require(ImageTool.installed())
        #expect(try await publish(place.bytes("x"), .qcow2, in: place.store(tool)).virtualSize == .mebibytes(20))
    }

    /// What the tool itself can make, as its users would upload it.
    static let hostile: [(name: String, arguments: [String], code: ErrorCode)] = [
        ("backing file", ["-f", "qcow2", "-b", "/etc/passwd", "-F", "raw", "x", "1M"], .imageForeignReference),
        (
            "backing file, version 2", ["-f", "qcow2", "-o", "compat=0.10", "-b", "/etc/passwd", "-F", "raw", "x", "1M"],
            .imageForeignReference
        ),
        ("external data file", ["-f", "qcow2", "-o", "data_file=x.data", "x", "1M"], .imageForeignReference),
        ("external raw data file", ["-f", "qcow2", "-o", "data_file=x.data,data_file_raw=on", "x", "1M"], .imageForeignReference),
        ("4 PiB", ["-f", "qcow2", "-o", "cluster_size=2M", "x", "4P"], .imageTooLarge),
        ("extended entries", ["-f", "qcow2", "-o", "extended_l2=on", "x", "1M"], .imageMalformed),
        (
            "encrypted qcow2",
            [
                "-f", "qcow2", "--object", "secret,id=s,data=abc", "-o", "encrypt.format=aes,encrypt.key-secret=s",
                "x", "1M",
            ], .imageMalformed
        ),
        ("VMDK", ["-f", "vmdk", "x", "1M"], .imageMalformed),
        ("VMDK descriptor", ["-f", "vmdk", "-o", "subformat=monolithicFlat", "x", "1M"], .imageMalformed),
        ("VDI", ["-f", "vdi", "x", "1M"], .imageMalformed),
        ("VHDX", ["-f", "vhdx", "x", "1M"], .imageMalformed),
        ("VHD", ["-f", "vpc", "x", "1M"], .imageMalformed),
        ("QED", ["-f", "qed", "x", "1M"], .imageMalformed),
        ("qcow", ["-f", "qcow", "x", "1M"], .imageMalformed),
        ("Parallels", ["-f", "parallels", "x", "1M"], .imageMalformed),
    ]

    @Test(arguments: hostile.indices) func whatTheToolMakesHostileIsRefused(index: Int) async throws {
        let (name, arguments, code) = Self.hostile[index]
        let place = try LiveDirectory()
        try await place.tool(
            "qemu-img",
            ["create", "-q", "-u"] + arguments.map { $0 == "x" ? place.path("x") : $0.replacing("x.data", with: place.path("x.data")) })
        var bytes = try place.bytes("x")
        bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        let store = try place.store(nil)
        for declared in ImageFormat.allCases {
            do {
                _ = try await publish(bytes, declared, in: store)
                Issue.record("\(name), declared \(declared), was accepted")
            } catch let refusal as CloudError {
                #expect(refusal.code == code || declared == .raw && refusal.code == .imageMalformed, "\(name): \(refusal)")
            }
        }
    }

    @Test func cutOffImagesOfTheToolAreRefused() async throws {
        let place = try LiveDirectory()
        try await place.tool("qemu-img", "create", "-q", "-f", "qcow2", place.path("x"), "20M")
        let bytes = try place.bytes("x")
        let store = try place.store(ImageTool.installed())
        for length in [0, 1, 71, 100, 111, 4096, 65535, 65536, 131072, 196608] where length < bytes.count {
            await #expect(throws: CloudError.self, "\(length) of \(bytes.count)") {
                try await publish(Array(bytes.prefix(length)), .qcow2, in: store)
            }
        }
    }

    @Test func brokenTablesAreFoundByTheTool() async throws {
        let place = try LiveDirectory()
        try await place.tool("qemu-img", "create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", place.path("x"), "20M")
        var bytes = try place.bytes("x")
        // The first entry of the first-level table (cluster 3) leads into the reference count table.
        bytes.replaceSubrange(196_608..<196_616, with: [0x80, 0, 0, 0, 0, 1, 0, 0])
        let store = try place.store(ImageTool.installed())
        await #expect(throws: CloudError.self) { try await publish(bytes, .qcow2, in: store) }
        #expect(try await store.inventory().images.isEmpty)
    }

    @Test func aSlowToolIsEnded() async throws {
        let place = try LiveDirectory()
        try Data("#!/bin/sh\nexec sleep 60\n".utf8).write(to: URL(fileURLWithPath: place.path("slow")))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path("slow"))
        let store = try place.store(ImageTool(path: place.path("slow"), limiter: nil, limit: .milliseconds(200)))
        let started = ContinuousClock.now
        await #expect(throws: CloudError(.timedOut, ["what": "qemu-img", "seconds": "0"])) {
            try await publish(QCow2Sample().bytes, .qcow2, in: store)
        }
        #expect(ContinuousClock.now - started < .seconds(50))
    }

    /// A file system of 1 MiB of our own: what does not fit is refused, nothing half made stays, and removal still works.
    @Test(.enabled(if: LiveHost.isPrivate)) func aFullDiskRefusesAndRecovers() async throws {
        let place = try LiveDirectory()
        try FileManager.default.createDirectory(atPath: place.path("store"), withIntermediateDirectories: true)
        try await place.tool("mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", place.path("store"))
        let store = try place.store(nil)
        _ = try await publish(QCow2Sample().bytes, .qcow2, in: store)
        let before = try await store.inventory()
        await #expect(throws: CloudError.self) {
            try await store.receive(ID(bits: 1, 9), limit: .gibibytes(1), MemoryBody([UInt8](repeating: 1, count: 3 << 20)))
        }
        #expect(try await store.inventory() == before)
        let all = (0..<500).map {
            OverlayDescription(disk: ID(bits: 5, $0), image: Self.image, imageFormat: .qcow2, virtualSize: .mebibytes(1))
        }
        var made = 0
        for overlay in all {
            do { try await store.ensure(overlay, command("disk")) } catch let refusal as CloudError {
                #expect(refusal.code == .diskFull && refusal.parameters["store"] != nil && refusal.parameters["free"] != nil, "\(refusal)")
                break
            }
            made += 1
        }
        #expect(made > 5 && made < 499)
        #expect(try await store.inventory().disks.count == made)
        #expect(try await store.inventory().strangers == [])
        for overlay in all.prefix(made) { try await store.remove(overlay.disk, Command(run: ID(bits: 7, 7), step: "x", fence: Fence(2))) }
        try await store.ensure(all[499], command("disk"))
        store.close()
        let again = try place.store(nil)
        await #expect(throws: CloudError.self) { try await again.ensure(all[0], command("disk")) }
        again.close()
        try await place.tool("umount", "-l", place.path("store"))
    }

    /// What our reader lets through among mutated headers names no other file to QEMU's tool either.
    @Test func whatTheReaderAcceptsTheToolSeesAsHarmless() async throws {
        let place = try LiveDirectory()
        let base = QCow2Sample { $0.clusterBits = 9 }.bytes
        var seed: UInt64 = 99
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((seed >> 33) % UInt64(bound))
        }
        var asked = 0
        while asked < 60 {
            var bytes = base
            for _ in 0..<3 { bytes[random(160)] = [0, 1, 2, 4, 8, 0x68, 0x70, 0xFF][random(8)] }
            let head = ImageHead(bytes: bytes, fileSize: ByteCount(bytes: Int64(bytes.count)))
            guard bytes != base, (try? head.judged(as: .qcow2, limit: .gibibytes(1))) != nil else { continue }
            asked += 1
            try Data(bytes).write(to: URL(fileURLWithPath: place.path("x")))
            let info = (try? await place.tool("qemu-img", "info", "--output=json", "-f", "qcow2", place.path("x"))) ?? ""
            #expect(!info.contains("backing-filename") && !info.contains("data-file\""), "\(info)")
        }
    }

    private func command(_ step: String) -> Command { Command(run: ID(bits: 1, 1), step: step, fence: Fence(1)) }

    private func publish(_ bytes: [UInt8], _ declared: ImageFormat, in store: DirectoryImageStore) async throws -> ImageFacts {
        _ = try await store.receive(Self.upload, limit: .mebibytes(64), MemoryBody(bytes))
        let request = PublishRequest(upload: Self.upload, image: Self.image, declared: declared, expectedSHA256: nil, limit: .gibibytes(1))
        return try await store.publish(request, command("publish"))
    }
}

/// A directory for one live test, with the tools that are run in it.
final class LiveDirectory: Sendable {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("lyceum-live-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { "\(root)/\(name)" }
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }
    func store(_ tool: ImageTool?) throws -> DirectoryImageStore {
        try FileManager.default.createDirectory(atPath: path("store"), withIntermediateDirectories: true)
        return try DirectoryImageStore(id: ID(bits: 0, 0), root: path("store"), tool: tool)
    }

    struct ToolFailed: Error { let text: String }
    /// Runs a tool and returns what it said; throws where it does not end with 0.
    @discardableResult func tool(_ name: String, _ arguments: String...) async throws -> String { try await tool(name, arguments) }
    @discardableResult func tool(_ name: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(name), arguments: .init(arguments), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        // qemu-io ends with 0 also where a pattern does not match, and says so.
        guard result.terminationStatus.isSuccess, !result.standardOutput.contains("failed") else {
            throw ToolFailed(text: "\(name) \(arguments): \(result.standardOutput) \(result.standardError)")
        }
        return result.standardOutput
    }
}
