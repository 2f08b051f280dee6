// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Crypto
public import ImageStore

extension DirectoryImageStore: UploadInbox {
    /// As ``UploadInbox/receive(_:limit:_:)``. Pieces are written as they come and hashed on the way; the file has its name only when
    /// it is complete and durable.
    public func receive(_ upload: ID<UploadKind>, limit: ByteCount, _ body: any ByteStream) async throws -> ReceivedUpload {
        var body = body
        let sink = UploadSink(folders, limit: limit, queue: bodies[upload.text.utf8.reduce(0) { $0 &+ Int($1) } % bodies.count])
        do {
            while let piece = try await body.next() { try await sink.write(piece) }
            let (size, sha256) = try await sink.finish(as: upload.text)
            return ReceivedUpload(id: upload, size: size, sha256: sha256)
        } catch {
            await sink.abandon()
            return try await run(images.lane(for: upload.text)) { throw error }
        }
    }

    /// As ``UploadInbox/remove(_:)``.
    public func remove(_ upload: ID<UploadKind>) async throws {
        try await run(images.lane(for: upload.text)) { [folders] in
            if try folders.uploads.unlink(upload.text) { try folders.uploads.sync() }
        }
    }
}

/// One body on its way into a file.
private actor UploadSink {
    private let folders: StoreFolders
    private let limit: ByteCount
    private let queue: FileQueue
    private let name: String
    private var file: OpenFile?
    private var size = ByteCount.zero
    private var hash = SHA256()

    init(_ folders: StoreFolders, limit: ByteCount, queue: FileQueue) {
        self.folders = folders
        self.limit = limit
        self.queue = queue
        name = folders.temporary.take()
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    func write(_ piece: [UInt8]) throws {
        let after = size + ByteCount(bytes: Int64(piece.count))
        guard after <= limit else { throw CloudError(.imageTooLarge, ["size": after.description, "limit": limit.description]) }
        try opened().write(piece, at: size.bytes)
        hash.update(data: piece)
        size = after
    }

    func finish(as final: String) throws -> (size: ByteCount, sha256: String) {
        try opened().sync()
        try folders.temporary.folder.rename(name, to: folders.uploads, final)
        // From here on it is no longer ours to empty.
        file = nil
        try folders.uploads.sync()
        folders.temporary.giveBack(name)
        return (size, hexadecimal(hash.finalize()))
    }

    /// The room is free when this returns. A file without a name keeps it for as long as anybody has it open, and that may be a child of
    /// this process that has not yet become its program: so the file is emptied before. Where it cannot be, it goes with the last of them.
    func abandon() {
        try? file?.truncate(to: 0)
        file = nil
        folders.temporary.giveBack(name)
    }

    private func opened() throws -> OpenFile {
        if let file { return file }
        let new = try folders.temporary.folder.newFile(name)
        file = new
        return new
    }
}

/// 64 lower-case hexadecimal digits.
func hexadecimal(_ digest: SHA256.Digest) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
