// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudTesting
import Foundation
import ImageStore
import ImageStoreFiles
import Synchronization
import Testing

/// Whatever the tool does, the answer is an image or a refusal: anything else would leave the run that asked without a verdict.
@Suite struct ImageToolTests {
    private static let image = ID<ImageKind>(bits: 1, 1)
    private static let upload = ID<UploadKind>(bits: 1, 1)
    /// What `qemu-img info` says of the sample, in the stub's words.
    private static let info = #"echo '{"format": "qcow2", "virtual-size": SIZE}'"#
    private static let complain = "head -c 1048576 /dev/zero | tr '\\0' x >&2"

    /// Publishes the sample with a tool that is this script; `$1` is `info` or `check`.
    private func publish(_ script: String, executable: Bool = true) async throws -> ImageFacts {
        let place = try TemporaryStore()
        place.store.close()
        let sample = QCow2Sample()
        let head = ImageHead(bytes: sample.bytes, fileSize: ByteCount(bytes: Int64(sample.bytes.count)))
        let size = try head.judged(as: .qcow2, limit: .gibibytes(1)).bytes
        // Beside the store's own names, where it is only a stranger.
        try place.write("tool", Array("#!/bin/sh\n\(script.replacing("SIZE", with: "\(size)"))\n".utf8))
        if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path("tool")) }
        let store = try DirectoryImageStore(
            id: ID(bits: 0, 0), root: place.root, tool: ImageTool(path: place.path("tool"), limiter: nil))
        defer { store.close() }
        _ = try await store.receive(Self.upload, limit: .mebibytes(1), MemoryBody(sample.bytes))
        let request = PublishRequest(
            upload: Self.upload, image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
        let command = Command(run: ID(bits: 1, 1), step: "publish", fence: Fence(1))
        do { return try await store.publish(request, command) } catch {
            #expect(try await store.observe(Self.image) == .absent)
            throw error
        }
    }

    private func code(_ script: String, executable: Bool = true) async throws -> ErrorCode? {
        do {
            _ = try await publish(script, executable: executable)
            return nil
        } catch let refusal as CloudError { return refusal.code }
    }

    // One line for each leaked cluster: a megabyte of them harms nothing, and is no error of the tool.
    @Test func aLongComplaintIsReadToItsEnd() async throws {
        #expect(try await code("\(Self.info); [ $1 = info ] || { \(Self.complain); exit 3; }") == nil)
        #expect(try await code("\(Self.info); \(Self.complain)") == nil)
    }

    @Test func brokenTablesWithALongComplaintAreARefusal() async throws {
        #expect(try await code("\(Self.info); [ $1 = info ] || { \(Self.complain); exit 2; }") == .imageMalformed)
        #expect(try await code("\(Self.complain); exit 1") == .imageMalformed)
    }

    @Test(arguments: ["echo nonsense", "echo '{}'", "true", "head -c 1048576 /dev/zero", "kill -9 $$", "exit 1"])
    func whatItCannotSayIsARefusal(script: String) async throws { #expect(try await code(script) == .imageMalformed) }

    // The lane is free while the tool works, so a newer command may come between: it is not overtaken.
    @Test func aRemovalAmidAPublicationIsNotOvertaken() async throws {
        let place = try TemporaryStore()
        place.store.close()
        let sample = QCow2Sample()
        let script =
            "#!/bin/sh\nwhile [ ! -e '\(place.path("go"))' ]; do sleep 0.01; done\n"
            + #"echo '{"format": "qcow2", "virtual-size": 1048576}'"# + "\n"
        try place.write("tool", Array(script.utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path("tool"))
        let amid = AmidClock()
        let tool = ImageTool(path: place.path("tool"), limiter: nil, clock: amid)
        let store = try DirectoryImageStore(id: ID(bits: 0, 0), root: place.root, tool: tool)
        defer { store.close() }
        let go = URL(fileURLWithPath: place.path("go"))
        amid.action.withLock { action in
            action = {
                try await store.remove(Self.image, Command(run: ID(bits: 2, 2), step: "remove", fence: Fence(2)))
                try Data().write(to: go)
            }
        }
        _ = try await store.receive(Self.upload, limit: .mebibytes(1), MemoryBody(sample.bytes))
        let request = PublishRequest(
            upload: Self.upload, image: Self.image, declared: .qcow2, expectedSHA256: nil, limit: .gibibytes(1))
        await #expect(throws: CloudError(.fenceStale, ["fence": "1", "seen": "2", "object": Self.image.text])) {
            try await store.publish(request, Command(run: ID(bits: 1, 1), step: "publish", fence: Fence(1)))
        }
        #expect(try await store.observe(Self.image) == .absent)
    }

    @Test func aToolThatCannotBeRunIsUnavailable() async throws {
        #expect(try await code("true", executable: false) == .unavailable)
    }
}

/// A clock whose first sleeper does something, for whoever waits on it; nobody's time is ever over.
private final class AmidClock: Clock, Sendable {
    let action = Mutex<(@Sendable () async throws -> Void)?>(nil)
    let minimumResolution = Duration.zero
    var now: ContinuousClock.Instant { ContinuousClock.now }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        let first = action.withLock { action in
            defer { action = nil }
            return action
        }
        try await first?()
        try await ContinuousClock().sleep(for: .seconds(86_400))
    }
}
