// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
public import ImageStore

extension Cloud {
    /// Takes the bytes of an image in. Needs `publish-template`; throws `store-full` while nothing new takes room. What nobody imports within
    /// ``Settings/uploadsKept`` is collected.
    public func receiveUpload(_ body: any ByteStream, limit: ByteCount, by principal: Principal) async throws -> ReceivedUpload {
        try await receiveUpload(body, limit: limit, key: nil, by: principal).value
    }

    /// As ``receiveUpload(_:limit:by:)``, once under a key. Bytes have to be read before they can be compared: those of a repeat, or of
    /// a mismatch, are thrown away again.
    public func receiveUpload(
        _ body: any ByteStream, limit: ByteCount, key: RequestKey?, by principal: Principal
    ) async throws -> Answered<ReceivedUpload> {
        try require(principal, .importImage)
        try key?.check()
        guard let host = world.hosts.ids.first else { throw CloudError(.unavailable, ["part": "image store"]) }
        let disks = try world.hosts.parts(of: host).disks
        let upload = Upload(id: world.ids.next(UploadKind.self), owner: principal.user, host: host, createdAt: world.clock.now())
        // The row comes first: whatever breaks off from here on, the collector finds what is left.
        try await world.store.write { tx in
            try tx.requireRoom(in: tx.hosts.get(host).store, by: world.settings)
            try tx.uploads.insert(upload)
        }
        do {
            let received = try await disks.receive(upload.id, limit: limit, body)
            let whole = key.map { RequestKey(key: $0.key, bodyHash: "\($0.bodyHash)/\(received.sha256)") }
            let answer = try await once(whole, by: principal) { _ in received }
            if answer.repeated { try await throwAway(upload, disks) }
            return answer
        } catch let refusal as CloudError {
            try await throwAway(upload, disks)
            throw refusal
        }
    }

    private func throwAway(_ upload: Upload, _ disks: any StoreAbilities) async throws {
        try await disks.remove(upload.id)
        try await world.store.write { tx in try tx.uploads.delete(upload.id) }
    }
}
