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
            } else {
                try self.uses.withDisk(on: overlay.image) {
                    guard let image = try self.facts(of: overlay.image) else {
                        throw CloudError(.imageMissing, ["image": overlay.image.text])
                    }
                    try overlay.check(on: image)
                    try self.make(overlay)
                }
            }
            try self.ledger.done(command, on: overlay.disk.text)
        }
    }

    /// As ``OverlayDisks/remove(_:_:)``.
    public func remove(_ disk: ID<DiskKind>, _ command: Command) async throws {
        try await run(disks.lane(for: disk.text)) {
            guard try self.ledger.admit(command, on: disk.text, freeing: true) == .fresh else { return }
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

    /// Writes, makes durable, renames.
    private func make(_ overlay: OverlayDescription) throws {
        let content = try QCow2Overlay(
            backingFile: Self.backingFile(overlay.image), backingFormat: overlay.imageFormat, virtualSize: overlay.virtualSize)
        try folders.temporary.withName { name in
            let file = try folders.temporary.folder.newFile(name)
            for piece in content.pieces { try file.write(piece.bytes, at: piece.offset) }
            try file.truncate(to: content.fileSize.bytes)
            try file.sync()
            try folders.temporary.folder.rename(name, to: folders.disks, overlay.disk.text)
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
            guard let backing = header.backing, let format = backing.format.flatMap(ImageFormat.init(rawValue:)),
                let image = ID<ImageKind>(backing.file.split(separator: "/").last ?? ""), backing.file == Self.backingFile(image)
            else { throw foreign("it does not lie on an image of the store") }
            return OverlayDescription(disk: disk, image: image, imageFormat: format, virtualSize: header.virtualSize)
        } catch let refusal as CloudError where refusal.code == .imageMalformed || refusal.code == .imageForeignReference {
            throw foreign(refusal.description)
        }
    }

    /// A disk that lies on the image, if any: the first by name. Reads the first bytes of every disk.
    func disk(on image: ID<ImageKind>) throws -> String? {
        try folders.disks.names().first { name in
            guard let disk = ID<DiskKind>(name) else { return false }
            return try overlay(there: disk)?.image == image
        }
    }
}
