// SPDX-License-Identifier: Apache-2.0

import CloudModel
import ImageStore

extension ImageStoreContract {
    func uploadIsKept(_ rule: Rule) async throws {
        let got = try await send(Array("abc".utf8))
        // FIPS 180-4's own example.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        try expect(got == ReceivedUpload(id: Self.upload, size: ByteCount(bytes: 3), sha256: hash), rule, "\(got)")
        let again = try await send([UInt8](repeating: 7, count: 250_000))
        try expect(again.size.bytes == 250_000, rule, "sent again: \(again.size)")
        let listed = try await store.inventory().uploads
        try expect(listed == [Self.upload], rule, "listed: \(listed)")
        try await store.remove(Self.upload)
        try await store.remove(Self.upload)
    }

    func brokenUploadIsNothing(_ rule: Rule) async throws {
        let limit = ByteCount(bytes: 1000)
        try await refused(.imageTooLarge, rule, "1,001 bytes") {
            try await store.receive(Self.upload, limit: limit, MemoryBody([UInt8](repeating: 0, count: 1001)))
        }
        try await emptied(rule)
        try await refused(.malformedRequest, rule, "a body that breaks off") {
            try await store.receive(Self.upload, limit: limit, MemoryBody([1, 2, 3], failure: CloudError(.malformedRequest)))
        }
        try await emptied(rule)
        let whole = try await store.receive(Self.upload, limit: limit, MemoryBody([UInt8](repeating: 0, count: 1000)))
        try expect(whole.size == limit, rule, "exactly the limit: \(whole.size)")
        try await store.remove(Self.upload)
    }

    func publishIsEnsure(_ rule: Rule) async throws {
        let sent = try await send(QCow2Sample().bytes)
        let facts = try await store.publish(request(sha256: sent.sha256), command(1))
        let due = ImageFacts(format: .qcow2, virtualSize: .mebibytes(1), fileSize: sent.size, sha256: sent.sha256)
        try expect(facts == due, rule, "\(facts) instead of \(due)")
        try expect(try await store.observe(Self.image) == .present(due), rule, "not observed as published")
        try expect(try await store.publish(request(), command(1)) == due, rule, "the same command answered otherwise")
        try expect(try await store.publish(request(), command(2)) == due, rule, "another run answered otherwise")
        try await store.remove(Self.upload)
        try expect(try await store.publish(request(), command(3)) == due, rule, "the image did not outlive its upload")
        try expect(try await store.inventory().images == [Self.image], rule, "not listed once")
        try await refused(.imageHashMismatch, rule, "the same image with another hash") {
            try await store.publish(request(sha256: String(repeating: "0", count: 64)), command(4))
        }
        try await store.remove(Self.image, command(5))
        try expect(try await store.observe(Self.image) == .absent, rule, "still observed after removal")
    }

    func hostileIsRefused(_ image: HostileImage, _ rule: Rule) async throws {
        _ = try await send(image.bytes)
        let before = try await store.inventory()
        try await refused(image.code, rule, image.description) { try await store.publish(request(Self.image, image.declared), command(1)) }
        try expect(try await store.observe(Self.image) == .absent, rule, "\(image): observed")
        try expect(try await store.inventory() == before, rule, "\(image): something was left")
        try await store.remove(Self.upload)
    }

    func publishKeepsPromises(_ rule: Rule) async throws {
        try await refused(.notFound, rule, "no such upload") { try await store.publish(request(), command(1)) }
        _ = try await send(QCow2Sample().bytes)
        try await refused(.imageHashMismatch, rule, "another hash") {
            try await store.publish(request(sha256: String(repeating: "a", count: 64)), command(2))
        }
        try await refused(.imageTooLarge, rule, "over the limit") {
            try await store.publish(request(limit: ByteCount(bytes: 1 << 20 - 512)), command(3))
        }
        try expect(try await store.inventory().images.isEmpty, rule, "a refusal left an image")
        _ = try await store.publish(request(limit: .mebibytes(1)), command(4))
        try await store.remove(Self.image, command(5))
        for sample in [QCow2Sample { $0.version = 2 }, QCow2Sample { $0.headerLength = 112 }, QCow2Sample { $0.clusterBits = 16 }] {
            _ = try await send(sample.bytes)
            _ = try await store.publish(request(Self.otherImage), command(6, step: "\(sample)"))
            try await store.remove(Self.otherImage, command(7, step: "\(sample)"))
        }
        try await store.remove(Self.upload)
    }
}
