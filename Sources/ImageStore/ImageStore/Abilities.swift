// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// The abilities of a store of images and disks. Objects are named by ids, never by paths. All throw CloudError where the store
// refuses and OutcomeUnknown where the answer was lost. A repeat with the same run and step is harmless.

/// Takes bytes in, before they are anything.
public protocol UploadInbox: Sendable {
    /// Takes a body as it comes, at most `limit` bytes, into a temporary place; nothing is left of it when the body breaks off,
    /// is too large (`image-too-large`) or does not fit (`disk-full`). Returns once the bytes are durable.
    func receive(_ upload: ID<UploadKind>, limit: ByteCount, _ body: any ByteStream) async throws -> ReceivedUpload
    /// Makes sure that the upload is gone.
    func remove(_ upload: ID<UploadKind>) async throws
}

/// A body in pieces. A protocol of its own, because a host may be reached by HTTP, a file or memory.
public protocol ByteStream: Sendable {
    /// The next piece; nil at the end.
    mutating func next() async throws -> [UInt8]?
}

/// A body that is there as a whole.
public struct WholeBytes: ByteStream {
    private var pieces: [[UInt8]]
    /// A body of pieces, in order.
    public init(_ pieces: [UInt8]...) { self.pieces = pieces.reversed() }
    /// The next piece.
    public mutating func next() -> [UInt8]? { pieces.popLast() }
}

/// Makes images of uploads.
public protocol ImagePublishing: Sendable {
    /// Makes sure that the image is there: the upload is judged by our own strict reader against its declared format, hashed as
    /// stored, and published by rename. Refused: `image-malformed`, `image-foreign-reference`, `image-too-large`,
    /// `image-hash-mismatch`. A refusal leaves nothing behind but the upload.
    func publish(_ request: PublishRequest, _ command: Command) async throws -> ImageFacts
    /// Makes sure that the image is gone.
    func remove(_ image: ID<ImageKind>, _ command: Command) async throws
    /// Whether the image is there, complete.
    func observe(_ image: ID<ImageKind>) async throws -> Evidence<ImageFacts>
}

/// Makes private disks: copy-on-write overlays on images and on layers, and data disks on nothing.
public protocol OverlayDisks: Sendable {
    /// Makes sure that the disk is there and may be written. Never touches the content of one that is there already. A disk that
    /// another comes to lie on is a layer from then on, and may not be written until nothing lies on it and it is ensured again.
    /// Refused: `image-missing`, `not-found` (the layer), `disk-full`, `image-in-use` for a layer.
    func ensure(_ overlay: OverlayDescription, _ command: Command) async throws
    /// Makes sure that a disk that is there, and that no guest has open, is at least as large; disks never shrink. Refused: `not-found`,
    /// `invalid-field` for what is no size of a disk, `unavailable` where the store has no tool for it.
    func grow(_ disk: ID<DiskKind>, to size: ByteCount, _ command: Command) async throws
    /// Makes sure that a disk that is there, and that no guest has open, lies on what is said, showing what it showed: what it had from
    /// what lay between is its own from then on. Harmless when it is cut off: it shows the same at every moment. Refused: `not-found` (the
    /// disk, the layer), `image-missing`, `disk-full`, `unavailable` where the store has no tool for it.
    func rebase(_ overlay: OverlayDescription, _ command: Command) async throws
    /// Makes sure that the disk is gone. Refused with `image-in-use` while another disk lies on it.
    func remove(_ disk: ID<DiskKind>, _ command: Command) async throws
    /// Whether the overlay is there as described.
    func observe(_ overlay: OverlayDescription) async throws -> Evidence<OverlayDescription>
}

/// Makes images of disks: all that a disk shows, with what it lies on, in one qcow2 file that lies on nothing.
public protocol DiskCopies: Sendable {
    /// Makes sure that the copy is under way or done, and says how far it is: waits for news, a second at most. A copy that the end of
    /// its store cut off is begun again. It is called off by removing its image (``ImagePublishing/remove(_:_:)``). Refused: `not-found`
    /// (the disk), `disk-full`, `unavailable` where the store has no tool for it; a refusal leaves nothing behind.
    func copy(_ request: CopyRequest, _ command: Command) async throws -> CopyProgress
}

/// Tells what a store holds.
public protocol StoreObserver: Sendable {
    /// Space now.
    func space() async throws -> StoreSpace
    /// Everything that is there, for the audit.
    func inventory() async throws -> StoreContents
}

/// All that a store of images and disks can do.
public typealias StoreAbilities = DiskCopies & ImagePublishing & OverlayDisks & StoreObserver & UploadInbox
