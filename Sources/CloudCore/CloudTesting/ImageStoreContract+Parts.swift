// SPDX-License-Identifier: Apache-2.0

import CloudModel
import ImageStore

// What the rules are made of.

extension ImageStoreContract {
    static let upload = ID<UploadKind>(bits: 1, 1)
    static let image = ID<ImageKind>(bits: 1, 1)
    static let otherImage = ID<ImageKind>(bits: 1, 2)
    static let disk = ID<DiskKind>(bits: 1, 1)
    static let limit = HostileImage.limit

    /// A command of its own run.
    func command(_ run: UInt64, fence: Int64 = 1, step: String = "step") -> Command {
        Command(run: ID(bits: 2, run), step: step, fence: Fence(fence))
    }

    func expect(_ condition: Bool, _ rule: Rule, _ detail: @autoclosure () -> String) throws {
        guard condition else { throw ContractViolation(rule: rule.rawValue, detail: detail()) }
    }

    /// Expects a refusal with a code.
    func refused(_ code: ErrorCode, _ rule: Rule, _ what: String, _ body: () async throws -> some Any) async throws {
        do { _ = try await body() } catch let refusal as CloudError {
            return try expect(refusal.code == code, rule, "\(what): refused as \(refusal), not as \(code.rawValue)")
        }
        throw ContractViolation(rule: rule.rawValue, detail: "\(what): accepted, not refused as \(code.rawValue)")
    }

    func send(_ bytes: [UInt8]) async throws -> ReceivedUpload {
        try await store.receive(Self.upload, limit: .mebibytes(64), MemoryBody(bytes))
    }

    func request(_ image: ID<ImageKind> = image, _ declared: ImageFormat = .qcow2, sha256: String? = nil, limit: ByteCount = limit)
        -> PublishRequest
    {
        PublishRequest(upload: Self.upload, image: image, declared: declared, expectedSHA256: sha256, limit: limit)
    }

    /// Sends and publishes an empty disk of 1 MiB.
    func publishSample(_ image: ID<ImageKind> = image, run: UInt64 = 1) async throws -> ImageFacts {
        _ = try await send(QCow2Sample().bytes)
        let facts = try await store.publish(request(image), command(run))
        try await store.remove(Self.upload)
        return facts
    }

    func overlay(
        _ disk: ID<DiskKind> = disk, on image: ID<ImageKind> = image, _ format: ImageFormat = .qcow2, size: ByteCount = .mebibytes(8)
    ) -> OverlayDescription {
        OverlayDescription(disk: disk, image: image, imageFormat: format, virtualSize: size)
    }

    /// Nothing is left of a rule, or the next would begin on it.
    func emptied(_ rule: Rule) async throws {
        let left = try await store.inventory()
        try expect(
            left.images.isEmpty && left.disks.isEmpty && left.uploads.isEmpty && left.strangers.isEmpty, rule, "left behind: \(left)")
    }
}
