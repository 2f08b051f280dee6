// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore

extension SimulatedImageStore: UploadInbox {
    /// As ``UploadInbox/receive(_:limit:_:)``.
    public func receive(_ upload: ID<UploadKind>, limit: ByteCount, _ body: any ByteStream) async throws -> ReceivedUpload {
        var body = body
        var hash = PlainSHA256()
        var head: [UInt8] = []
        var size = ByteCount.zero
        while let piece = try await body.next() {
            size = size + ByteCount(bytes: Int64(piece.count))
            guard size <= limit else { throw CloudError(.imageTooLarge, ["size": size.description, "limit": limit.description]) }
            hash.update(piece)
            head += piece.prefix(ImageHead.length - head.count)
        }
        let stored = SimulatedUpload(size: size, sha256: hash.finish(), head: head)
        return try await call("upload.receive", upload.text) {
            try update { state in
                state.uploads[upload] = nil
                try state.room(for: stored.size)
                state.uploads[upload] = stored
            }
            return ReceivedUpload(id: upload, size: stored.size, sha256: stored.sha256)
        }
    }

    /// As ``UploadInbox/remove(_:)``.
    public func remove(_ upload: ID<UploadKind>) async throws {
        try await call("upload.remove", upload.text) { try update { $0.uploads[upload] = nil } }
    }
}

extension SimulatedImageStore: ImagePublishing {
    /// As ``ImagePublishing/publish(_:_:)``.
    public func publish(_ request: PublishRequest, _ command: Command) async throws -> ImageFacts {
        try await call("image.publish", request.image.text, command) {
            try self.update { state in
                let admission = try state.ledger.admit(command, on: request.image.text)
                if let there = state.images[request.image] { return try request.accepts(there) }
                if case .repeat = admission { throw CloudError(.notFound, ["object": request.image.text]) }
                guard let upload = state.uploads[request.upload] else {
                    throw CloudError(.notFound, ["object": request.upload.text])
                }
                let head = ImageHead(bytes: upload.head, fileSize: upload.size)
                let size = try head.judged(as: request.declared, limit: request.limit)
                let facts = try request.accepts(
                    ImageFacts(format: request.declared, virtualSize: size, fileSize: upload.size, sha256: upload.sha256)
                )
                try state.room(for: upload.size)
                state.images[request.image] = facts
                state.ledger.done(command, on: request.image.text)
                return facts
            }
        }
    }

    /// As ``ImagePublishing/remove(_:_:)``.
    public func remove(_ image: ID<ImageKind>, _ command: Command) async throws {
        try await call("image.remove", image.text, command) {
            try self.update { state in
                guard try state.ledger.admit(command, on: image.text) == .fresh else { return }
                let lying = state.disks.values.filter { if case .image(image, _) = $0.base { true } else { false } }.map(\.disk).min()
                if let lying { throw CloudError(.imageInUse, ["image": image.text, "by": lying.text]) }
                state.images[image] = nil
                state.copies[image] = nil
                state.ledger.done(command, on: image.text, isGone: true, keeping: State.goneKept)
            }
        }
    }

    /// As ``ImagePublishing/observe(_:)``.
    public func observe(_ image: ID<ImageKind>) async throws -> Evidence<ImageFacts> {
        try await call("image.observe", image.text) { snapshot().images[image].map { .present($0) } ?? .absent }
    }
}
