// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Crypto
import FoundationEssentials
public import ImageStore
import Synchronization

extension DirectoryImageStore: ImagePublishing {
    /// As ``ImagePublishing/publish(_:_:)``. The upload gets a second name in the temporary folder (a copy is made only where the file
    /// system has no links); that file is judged, hashed and shown to the tool, and the same file becomes the image, so nothing can be
    /// exchanged between judgement and use.
    public func publish(_ request: PublishRequest, _ command: Command) async throws -> ImageFacts {
        let lane = images.lane(for: request.image.text)
        if let there = try await run(lane, { try self.admitted(request, command) }) { return there }
        let name = folders.temporary.take()
        defer { folders.temporary.giveBack(name) }
        let facts = try await run(lane) { try self.judge(request, name) }
        if let tool, facts.format == .qcow2 { try await tool.check("\(root)/tmp/\(name)", is: facts) }
        return try await run(lane) {
            // Another run may have published it while the tool was asked: what is there stays. Or removed it: a command that is older
            // by now does not bring it back.
            if let there = try self.admitted(request, command) { return there }
            try self.keep(facts, of: request.image, from: name)
            try self.ledger.done(command, on: request.image.text)
            return facts
        }
    }

    /// As ``ImagePublishing/remove(_:_:)``. Refused with ``ErrorCode/imageInUse`` while a disk lies on the image. A copy that is to become
    /// it is called off first, unless the command is an old one.
    public func remove(_ image: ID<ImageKind>, _ command: Command) async throws {
        let isFresh = try await run(images.lane(for: image.text)) {
            try self.ledger.admit(command, on: image.text, freeing: true) == .fresh
        }
        guard isFresh else { return }
        await copies.callOff(image)
        try await run(images.lane(for: image.text)) {
            guard try self.ledger.admit(command, on: image.text, freeing: true) == .fresh else { return self.copies.forget(image) }
            try self.uses.withRemoval(of: image) {
                if let disk = try self.disk(on: image) { throw CloudError(.imageInUse, ["image": image.text, "by": disk]) }
                self.known.withLock { $0[image] = nil }
                if try self.folders.images.unlink(image.text) { try self.folders.images.sync() }
                if try self.folders.facts.unlink(image.text) { try self.folders.facts.sync() }
            }
            try self.ledger.done(command, on: image.text, freeing: true)
            self.copies.forget(image)
        }
    }

    /// As ``ImagePublishing/observe(_:)``.
    public func observe(_ image: ID<ImageKind>) async throws -> Evidence<ImageFacts> {
        try await run(looks) { try self.facts(of: image).map { .present($0) } ?? .absent }
    }

    /// Admits a command; the facts where the image is there already.
    private func admitted(_ request: PublishRequest, _ command: Command) throws -> ImageFacts? {
        let admission = try ledger.admit(command, on: request.image.text)
        if let there = try facts(of: request.image) { return try request.accepts(there) }
        // Done before, and removed since: a late copy does not bring it back.
        guard admission == .fresh else { throw CloudError(.notFound, ["object": request.image.text]) }
        return nil
    }

    /// Puts the upload into the temporary folder, judges it and hashes all of it.
    private func judge(_ request: PublishRequest, _ name: String) throws -> ImageFacts {
        guard let upload = try folders.uploads.file(request.upload.text) else {
            throw CloudError(.notFound, ["object": request.upload.text])
        }
        let file = try secondName(of: upload, request.upload.text, name)
        let size = ByteCount(bytes: try file.length())
        let head = ImageHead(bytes: try file.read(ImageHead.length, at: 0), fileSize: size)
        let virtualSize = try head.judged(as: request.declared, limit: request.limit)
        let sha256 = try hash(file, size.bytes)
        return try request.accepts(ImageFacts(format: request.declared, virtualSize: virtualSize, fileSize: size, sha256: sha256))
    }

    private func secondName(of upload: OpenFile, _ uploadName: String, _ name: String) throws -> OpenFile {
        do {
            try folders.uploads.link(uploadName, to: folders.temporary.folder, name)
            if let file = try folders.temporary.folder.file(name) { return file }
            throw FileFault(call: "open \(name)", number: 2)
        } catch let fault as FileFault where fault.meansNoLinks {
            let copy = try folders.temporary.folder.newFile(name)
            let length = try upload.length()
            for offset in stride(from: 0, to: length, by: 1 << 20) { try copy.write(upload.read(1 << 20, at: offset), at: offset) }
            return copy
        }
    }

    func hash(_ file: OpenFile, _ length: Int64) throws -> String {
        var hash = SHA256()
        try file.pieces(upTo: length) { piece in
            try Task.checkCancellation()
            hash.update(bufferPointer: piece)
        }
        return hexadecimal(hash.finalize())
    }

    /// Publishes: first the facts, then, in one step, the image. An image without facts cannot be; facts without an image say nothing.
    func keep(_ facts: ImageFacts, of image: ID<ImageKind>, from name: String) throws {
        guard let file = try folders.temporary.folder.file(name) else { throw FileFault(call: "open \(name)", number: 2) }
        try file.protect()
        try file.sync()
        try folders.temporary.withName { factsName in
            let factsFile = try folders.temporary.folder.newFile(factsName)
            try factsFile.write(Array(JSONEncoder().encode(facts)), at: 0)
            try factsFile.protect()
            try factsFile.sync()
            try folders.temporary.folder.rename(factsName, to: folders.facts, image.text)
            try folders.facts.sync()
        }
        try folders.temporary.folder.rename(name, to: folders.images, image.text)
        try folders.images.sync()
        known.withLock { $0[image] = facts }
    }

    /// The facts of an image that is there; nil where it is not. A look asks while a command may be at work on the image.
    func facts(of image: ID<ImageKind>) throws -> ImageFacts? {
        guard try folders.images.contains(image.text) else {
            known.withLock { $0[image] = nil }
            return nil
        }
        if let known = known.withLock({ $0[image] }) { return known }
        guard let file = try folders.facts.file(image.text) else {
            // Removed since it was found to be there: the image goes first, then its facts.
            guard try folders.images.contains(image.text) else { return nil }
            throw CloudError(.internalFault, ["part": "image-store"], detail: "the image \(image) has no facts")
        }
        let facts = try JSONDecoder().decode(ImageFacts.self, from: Data(file.read(65536, at: 0)))
        // Those that a command has published meanwhile are newer.
        known.withLock { known in if known[image] == nil { known[image] = facts } }
        return facts
    }
}
