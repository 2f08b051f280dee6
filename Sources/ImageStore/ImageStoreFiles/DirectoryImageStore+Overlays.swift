// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore

extension DirectoryImageStore: OverlayDisks {
    /// As ``OverlayDisks/ensure(_:_:)``. The file is written by ourselves; no tool is called and the image is not opened.
    public func ensure(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await run(disks.lane(for: overlay.disk.text)) {
            guard try self.ledger.admit(command, on: overlay.disk.text) == .fresh else { return }
            if let there = try self.overlay(there: overlay.disk) {
                try overlay.accepts(there)
                try self.thaw(overlay.disk)
            } else {
                try self.make(overlay)
            }
            try self.ledger.done(command, on: overlay.disk.text)
        }
    }

    /// As ``OverlayDisks/grow(_:to:_:)``: by QEMU's tool, for the disk's tables grow with it.
    public func grow(_ disk: ID<DiskKind>, to size: ByteCount, _ command: Command) async throws {
        let lane = disks.lane(for: disk.text)
        let isDue = try await run(lane) { () -> Bool in
            guard try self.ledger.admit(command, on: disk.text) == .fresh else { return false }
            guard let there = try self.overlay(there: disk) else { throw CloudError(.notFound, ["object": disk.text]) }
            try OverlayDescription(disk: disk, base: there.base, virtualSize: size).checkSize()
            return there.virtualSize < size
        }
        if isDue {
            guard let tool else { throw CloudError(.unavailable, ["part": "qemu-img"]) }
            try await naming { try await tool.resize(path(of: disk), to: size) }
        }
        try await run(lane) {
            if isDue { try self.folders.disks.file(disk.text)?.sync() }
            try self.ledger.done(command, on: disk.text)
        }
    }

    /// As ``OverlayDisks/rebase(_:_:)``: by QEMU's tool, which copies what differs first and changes the header last. A layer stays one.
    public func rebase(_ overlay: OverlayDescription, _ command: Command) async throws {
        let lane = disks.lane(for: overlay.disk.text)
        let (isDue, stays) = try await run(lane) { () -> (Bool, Bool) in
            guard try self.ledger.admit(command, on: overlay.disk.text) == .fresh else { return (false, false) }
            guard let there = try self.overlay(there: overlay.disk) else { throw CloudError(.notFound, ["object": overlay.disk.text]) }
            // One that was cut off may have left a layer open: what lies on it says that it is one.
            let isLayer = try self.isLayer(overlay.disk) || self.disk { $0 == .layer(overlay.disk) } != nil
            guard there.base != overlay.base else { return (false, isLayer) }
            try self.checkBase(of: overlay, now: there.virtualSize)
            if isLayer { try self.folders.disks.file(overlay.disk.text)?.unprotect() }
            return (true, isLayer)
        }
        let moved: Result<Void, any Error>
        do {
            if isDue { try await naming { try await move(overlay) } }
            moved = .success(())
        } catch { moved = .failure(error) }
        try await run(lane) {
            let file = try self.folders.disks.file(overlay.disk.text)
            if stays { try file?.protect() }
            try moved.get()
            if isDue { try file?.sync() }
            try self.ledger.done(command, on: overlay.disk.text)
        }
    }

    private func move(_ overlay: OverlayDescription) async throws {
        guard let tool else { throw CloudError(.unavailable, ["part": "qemu-img"]) }
        switch overlay.base {
        case .nothing: throw CloudError(.invalidField, ["pointer": "/base", "reason": "a disk is moved to another base, not off it"])
        case .image(let image, let format): try await tool.rebase(path(of: overlay.disk), onto: Self.backingFile(image), format)
        case .layer(let layer): try await tool.rebase(path(of: overlay.disk), onto: layer.text, .qcow2)
        }
    }

    /// Whether what a disk is to lie on is there and bears it; a layer is one from now on.
    private func checkBase(of overlay: OverlayDescription, now size: ByteCount) throws {
        let moved = OverlayDescription(disk: overlay.disk, base: overlay.base, virtualSize: size)
        switch overlay.base {
        case .nothing: return
        case .image(let image, _):
            guard let facts = try facts(of: image) else { throw CloudError(.imageMissing, ["image": image.text]) }
            try moved.check(on: facts)
        case .layer(let layer):
            guard let there = try self.overlay(there: layer) else { throw CloudError(.notFound, ["object": layer.text]) }
            try moved.check(on: there)
            try folders.disks.file(layer.text)?.protect()
        }
    }

    /// As ``OverlayDisks/remove(_:_:)``.
    public func remove(_ disk: ID<DiskKind>, _ command: Command) async throws {
        try await run(disks.lane(for: disk.text)) {
            guard try self.ledger.admit(command, on: disk.text, freeing: true) == .fresh else { return }
            if try self.isLayer(disk) { try self.mustBearNothing(disk) }
            if try self.folders.disks.unlink(disk.text) { try self.folders.disks.sync() }
            try self.ledger.done(command, on: disk.text, freeing: true)
        }
    }

    /// As ``OverlayDisks/observe(_:)``: what the file's own header says.
    public func observe(_ overlay: OverlayDescription) async throws -> Evidence<OverlayDescription> {
        try await run(disks.lane(for: overlay.disk.text)) {
            try self.overlay(there: overlay.disk).map { .present($0) } ?? .absent
        }
    }

    private func make(_ overlay: OverlayDescription) throws {
        switch overlay.base {
        case .nothing:
            try overlay.checkSize()
            try write(QCow2Overlay(virtualSize: overlay.virtualSize), as: overlay.disk)
        case .image(let image, let format):
            try uses.withDisk(on: image) {
                guard let facts = try facts(of: image) else { throw CloudError(.imageMissing, ["image": image.text]) }
                try overlay.check(on: facts)
                try write(
                    QCow2Overlay(backingFile: Self.backingFile(image), backingFormat: format, virtualSize: overlay.virtualSize),
                    as: overlay.disk)
            }
        case .layer(let layer):
            guard let there = try self.overlay(there: layer) else { throw CloudError(.notFound, ["object": layer.text]) }
            try overlay.check(on: there)
            // Frozen first: whatever comes of the rest, nobody writes below a disk.
            try folders.disks.file(layer.text)?.protect()
            try write(
                QCow2Overlay(backingFile: layer.text, backingFormat: .qcow2, virtualSize: overlay.virtualSize), as: overlay.disk)
        }
    }

    /// Writes, makes durable, renames.
    private func write(_ content: QCow2Overlay, as disk: ID<DiskKind>) throws {
        try folders.temporary.withName { name in
            let file = try folders.temporary.folder.newFile(name)
            for piece in content.pieces { try file.write(piece.bytes, at: piece.offset) }
            try file.truncate(to: content.fileSize.bytes)
            try file.sync()
            try folders.temporary.folder.rename(name, to: folders.disks, disk.text)
        }
        try folders.disks.sync()
    }

    /// An overlay names its image relative to its own folder, so that a store can be moved.
    static func backingFile(_ image: ID<ImageKind>) -> String { "../images/\(image)" }

    /// Header, extensions and name of our overlays end within 1,200 bytes; a page is read, for there may be many disks.
    private static let overlayHead = 4096

    /// What the header of a disk says; nil where there is no disk. Throws ``ErrorCode/internalFault`` for a disk that is none of ours.
    private func overlay(there disk: ID<DiskKind>) throws -> OverlayDescription? {
        guard let file = try folders.disks.file(disk.text) else { return nil }
        func foreign(_ detail: String) -> CloudError { CloudError(.internalFault, ["part": "image-store"], detail: "\(disk): \(detail)") }
        let size = ByteCount(bytes: try file.length())
        do {
            let header = try QCow2Header(
                head: file.read(Self.overlayHead, at: 0), fileSize: size, limit: QCow2Overlay.largestVirtualSize)
            guard let base = Self.base(header.backing) else { throw foreign("it lies on nothing of the store") }
            return OverlayDescription(disk: disk, base: base, virtualSize: header.virtualSize)
        } catch let refusal as CloudError where refusal.code == .imageMalformed || refusal.code == .imageForeignReference {
            throw foreign(refusal.description)
        }
    }

    /// What a header's reference says that a disk lies on; nil for what is none of ours.
    private static func base(_ backing: QCow2Header.Backing?) -> DiskBase? {
        guard let backing else { return .nothing }
        guard let format = backing.format.flatMap(ImageFormat.init(rawValue:)) else { return nil }
        if let layer = ID<DiskKind>(backing.file) { return format == .qcow2 ? .layer(layer) : nil }
        guard let image = ID<ImageKind>(backing.file.split(separator: "/").last ?? ""), backing.file == backingFile(image) else {
            return nil
        }
        return .image(id: image, format: format)
    }

    /// A disk that lies on the image, if any: the first by name. Reads the first bytes of every disk.
    func disk(on image: ID<ImageKind>) throws -> String? {
        try disk { if case .image(let id, _) = $0 { id == image } else { false } }
    }

    private func disk(whoseBase matches: (DiskBase) -> Bool) throws -> String? {
        try folders.disks.names().first { name in
            guard ID<DiskKind>(name) != nil, let file = try folders.disks.file(name) else { return false }
            // One that is damaged lies on its base as well, and holds up no other; one whose reference cannot be read is of no use on any.
            do {
                return try Self.base(QCow2Header.backing(head: file.read(Self.overlayHead, at: 0))).map(matches) ?? false
            } catch let refusal as CloudError where refusal.code == .imageMalformed || refusal.code == .imageForeignReference {
                return false
            }
        }
    }

    /// Whether the disk was kept as a layer: then, and only then, it may not be written.
    private func isLayer(_ disk: ID<DiskKind>) throws -> Bool { try folders.disks.isProtected(disk.text) }

    private func mustBearNothing(_ layer: ID<DiskKind>) throws {
        guard let disk = try disk(whoseBase: { $0 == .layer(layer) }) else { return }
        throw CloudError(.imageInUse, ["image": layer.text, "by": disk])
    }

    /// Lets a disk be written again on which nothing lies any more.
    private func thaw(_ disk: ID<DiskKind>) throws {
        guard try isLayer(disk) else { return }
        try mustBearNothing(disk)
        try folders.disks.file(disk.text)?.unprotect()
    }
}
