// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
import CloudWorkflow
public import ImageStore

extension Cloud {
    /// Takes the bytes of an image in. Needs `publish-template`; throws `store-full` while nothing new takes room. What nobody imports within
    /// ``Settings/uploadsKept`` is collected.
    /// - Parameter length: how many bytes are to come, where that is known: what would leave too little is refused before the first.
    public func receiveUpload(
        _ body: any ByteStream, limit: ByteCount, length: ByteCount? = nil, by principal: Principal
    ) async throws -> ReceivedUpload { try await receiveUpload(body, limit: limit, length: length, key: nil, by: principal).value }

    /// As ``receiveUpload(_:limit:length:by:)``, once under a key. Bytes have to be read before they can be compared: those of a repeat, or of
    /// a mismatch, are thrown away again.
    public func receiveUpload(
        _ body: any ByteStream, limit: ByteCount, length: ByteCount? = nil, key: RequestKey?, by principal: Principal
    ) async throws -> Answered<ReceivedUpload> {
        try require(principal, .importImage)
        try key?.check()
        guard let host = world.hosts.ids.first else { throw CloudError(.unavailable, ["part": "image store"]) }
        let disks = try world.hosts.parts(of: host).disks
        let upload = Upload(id: world.ids.next(UploadKind.self), owner: principal.user, host: host, createdAt: world.clock.now())
        // The row comes first: whatever breaks off from here on, the collector finds what is left.
        let store = try await world.store.write { tx in
            let store = try tx.hosts.get(host).store
            try tx.requireRoom(in: store, for: length ?? .zero, by: world.settings)
            try tx.uploads.insert(upload)
            return store
        }
        do {
            let watched = WatchedBody(body, every: world.settings.roomLookedAt) { try await world.requireRoom(in: store, seenBy: disks) }
            let received = try await disks.receive(upload.id, limit: limit, watched)
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

/// A body during which somebody looks whether it may go on: each time that so many bytes have come.
private struct WatchedBody: ByteStream {
    private var body: any ByteStream
    private let interval: ByteCount
    private let look: @Sendable () async throws -> Void
    private var unseen = ByteCount.zero

    init(_ body: any ByteStream, every interval: ByteCount, _ look: @escaping @Sendable () async throws -> Void) {
        self.body = body
        self.interval = interval
        self.look = look
    }

    mutating func next() async throws -> [UInt8]? {
        // Whoever asks for the next piece has written the last.
        if unseen >= interval {
            unseen = .zero
            try await look()
        }
        guard let piece = try await body.next() else { return nil }
        unseen = unseen + ByteCount(bytes: Int64(piece.count))
        return piece
    }
}
