// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What came in as an upload.
public struct ReceivedUpload: Hashable, Sendable, Codable {
    /// Which upload.
    public let id: ID<UploadKind>
    /// Its length.
    public let size: ByteCount
    /// SHA-256 of the bytes as stored, 64 lower-case hexadecimal digits.
    public let sha256: String
    /// A received upload.
    public init(id: ID<UploadKind>, size: ByteCount, sha256: String) {
        self.id = id
        self.size = size
        self.sha256 = sha256
    }
}

/// What is to become an image.
public struct PublishRequest: Hashable, Sendable, Codable {
    /// The bytes.
    public let upload: ID<UploadKind>
    /// The image's id, chosen before.
    public let image: ID<ImageKind>
    /// What the bytes are said to be; never guessed.
    public let declared: ImageFormat
    /// What SHA-256 was promised, if any; 64 lower-case hexadecimal digits.
    public let expectedSHA256: String?
    /// The largest virtual size that is accepted.
    public let limit: ByteCount
    /// A request.
    public init(upload: ID<UploadKind>, image: ID<ImageKind>, declared: ImageFormat, expectedSHA256: String?, limit: ByteCount) {
        self.upload = upload
        self.image = image
        self.declared = declared
        self.expectedSHA256 = expectedSHA256
        self.limit = limit
    }
}

/// What an image is.
public struct ImageFacts: Hashable, Sendable, Codable {
    /// Its format, stated once.
    public let format: ImageFormat
    /// The size of the disk in it.
    public let virtualSize: ByteCount
    /// The size of its file.
    public let fileSize: ByteCount
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    public let sha256: String
    /// The facts.
    public init(format: ImageFormat, virtualSize: ByteCount, fileSize: ByteCount, sha256: String) {
        self.format = format
        self.virtualSize = virtualSize
        self.fileSize = fileSize
        self.sha256 = sha256
    }
}

/// What a private disk lies on.
public enum DiskBase: Hashable, Sendable, Codable {
    /// Nothing: a data disk, empty at first.
    case nothing
    /// An image, with its format: written into the overlay, so that nobody ever guesses it.
    case image(id: ID<ImageKind>, format: ImageFormat)
    /// Another disk of the store, which is kept as it is from then on: a layer.
    case layer(ID<DiskKind>)
}

/// A private disk: an overlay on an image or on a layer, or a data disk.
public struct OverlayDescription: Hashable, Sendable, Codable {
    /// The disk.
    public let disk: ID<DiskKind>
    /// What it lies on.
    public let base: DiskBase
    /// The size of the disk; at least that of what it lies on.
    public let virtualSize: ByteCount

    /// A disk on what lies below it.
    public init(disk: ID<DiskKind>, base: DiskBase, virtualSize: ByteCount) {
        self.disk = disk
        self.base = base
        self.virtualSize = virtualSize
    }

    /// An overlay on an image.
    public init(disk: ID<DiskKind>, image: ID<ImageKind>, imageFormat: ImageFormat, virtualSize: ByteCount) {
        self.init(disk: disk, base: .image(id: image, format: imageFormat), virtualSize: virtualSize)
    }
}

/// A disk of which an image is to be made.
public struct CopyRequest: Hashable, Sendable, Codable {
    /// The disk. Nobody writes it meanwhile.
    public let disk: ID<DiskKind>
    /// The image's id, chosen before.
    public let image: ID<ImageKind>
    /// A request.
    public init(disk: ID<DiskKind>, image: ID<ImageKind>) {
        self.disk = disk
        self.image = image
    }
}

/// How far a copy is.
public struct CopyProgress: Hashable, Sendable, Codable {
    /// 0 to 100.
    public let percent: Int
    /// What came of it; nil until it is done.
    public let facts: ImageFacts?
    /// A copy that is so far.
    public init(percent: Int, facts: ImageFacts?) {
        self.percent = percent
        self.facts = facts
    }
}

/// Space of a store.
public struct StoreSpace: Hashable, Sendable, Codable {
    /// All of it.
    public let total: ByteCount
    /// What can still be written.
    public let free: ByteCount
    /// Space.
    public init(total: ByteCount, free: ByteCount) {
        self.total = total
        self.free = free
    }
}

/// Everything that a store holds.
public struct StoreContents: Hashable, Sendable, Codable {
    /// Images, in order.
    public let images: [ID<ImageKind>]
    /// Disks, in order.
    public let disks: [ID<DiskKind>]
    /// The room that each disk takes, which is what its removal gives back: often far less than the size that its guest sees.
    public let taken: [ID<DiskKind>: ByteCount]
    /// Saved memories, by instance, in order.
    public let memories: [ID<InstanceKind>]
    /// Memories that checkpoints keep, in order.
    public let checkpoints: [ID<CheckpointKind>]
    /// What guests read when they boot, by instance, in order.
    public let seeds: [ID<InstanceKind>]
    /// Uploads, in order.
    public let uploads: [ID<UploadKind>]
    /// Anything else that lies there: file names, sorted.
    public let strangers: [String]
    /// The contents.
    public init(
        images: [ID<ImageKind>],
        disks: [ID<DiskKind>],
        taken: [ID<DiskKind>: ByteCount] = [:],
        memories: [ID<InstanceKind>],
        checkpoints: [ID<CheckpointKind>] = [],
        seeds: [ID<InstanceKind>] = [],
        uploads: [ID<UploadKind>],
        strangers: [String]
    ) {
        self.images = images
        self.disks = disks
        self.taken = taken
        self.memories = memories
        self.checkpoints = checkpoints
        self.seeds = seeds
        self.uploads = uploads
        self.strangers = strangers
    }
}
