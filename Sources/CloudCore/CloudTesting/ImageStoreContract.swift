// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore

/// What every store of images and disks keeps to. Knows no test framework: each rule is a function that throws a
/// ``ContractViolation`` (or what the store threw out of turn).
///
/// ```swift
/// @Test(arguments: ImageStoreContract.Rule.allCases) func keeps(rule: ImageStoreContract.Rule) async throws {
///     try await ImageStoreContract(store: MyStore()).check(rule)
/// }
/// ```
/// Each rule wants a new store, for fences are remembered, and leaves no image, disk or upload in it. Run all rules directly and again through
/// ``LoopbackImageStore``. The figure of 64 overlays at once is twice the thirty machines of a class.
public struct ImageStoreContract: Sendable {
    /// The rules, each a sentence.
    public enum Rule: String, Sendable, CaseIterable {
        /// What was sent is what is there: length, SHA-256, one entry in the inventory; removing twice is harmless.
        case uploadIsKept = "an upload is kept as sent and removed without a trace"
        /// Too large, broken off, or sent again.
        case brokenUploadIsNothing = "an upload that is too large or breaks off leaves nothing"
        /// Facts, evidence, repeats by the same and by other runs.
        case publishIsEnsure = "publishing makes the image once, whoever repeats it"
        /// ``HostileImage/all``.
        case hostileIsRefused = "a hostile image is refused with its code and leaves only its upload"
        /// Wrong hash, unknown upload, limit.
        case publishKeepsPromises = "publishing refuses another hash, an unknown upload, a disk over the limit"
        /// Overlays of raw and qcow2 images.
        case overlayIsEnsure = "an overlay is made once and never touched again"
        /// Unknown image, wrong format, smaller than the image, another image under the same id.
        case overlayIsJudged = "an overlay that does not fit its image is refused"
        /// Data disks; disks that lie on disks, which stay as they are meanwhile.
        case layersAreKept = "a disk may lie on nothing, or on a disk that is kept as long"
        /// What lay between a disk and its new base is the disk's own from then on, and may go.
        case layersAreMerged = "a disk may be moved off a layer, which then bears nothing"
        /// Removal of images and disks; the order in which an image and its disks go.
        case removalIsEnsure = "removing is harmless twice, and no image goes while a disk lies on it"
        /// Old fences, and copies of commands that arrive late.
        case lateCommandsAreHarmless = "a command under an older fence, or a late copy, changes nothing"
        /// A manager died while its command was on its way, and another undid the run.
        case undoneStaysUndone = "what a run has undone does not come back"
        /// However many others went since.
        case goneStaysGone = "what is gone stays gone while others go"
        /// 64 overlays at once.
        case overlaysAtOnce = "many overlays can be made at once"
        /// The room that each disk takes.
        case roomIsTold = "a disk takes the room of what was written, not of what its guest sees"
        /// The space that is told.
        case spaceIsTold = "free space is never more than all"
    }

    let store: any StoreAbilities

    /// The contract for one store.
    public init(store: any StoreAbilities) { self.store = store }

    /// Checks one rule.
    public func check(_ rule: Rule) async throws {
        switch rule {
        case .uploadIsKept: try await uploadIsKept(rule)
        case .brokenUploadIsNothing: try await brokenUploadIsNothing(rule)
        case .publishIsEnsure: try await publishIsEnsure(rule)
        case .hostileIsRefused: for image in HostileImage.all { try await hostileIsRefused(image, rule) }
        case .publishKeepsPromises: try await publishKeepsPromises(rule)
        case .overlayIsEnsure: try await overlayIsEnsure(rule)
        case .overlayIsJudged: try await overlayIsJudged(rule)
        case .layersAreKept: try await layersAreKept(rule)
        case .layersAreMerged: try await layersAreMerged(rule)
        case .removalIsEnsure: try await removalIsEnsure(rule)
        case .lateCommandsAreHarmless: try await lateCommandsAreHarmless(rule)
        case .undoneStaysUndone: try await undoneStaysUndone(rule)
        case .goneStaysGone: try await goneStaysGone(rule)
        case .overlaysAtOnce: try await overlaysAtOnce(rule)
        case .roomIsTold: try await roomIsTold(rule)
        case .spaceIsTold: try await spaceIsTold(rule)
        }
        try await emptied(rule)
    }
}

/// A body in memory, for tests: pieces in order, and then perhaps a failure.
public struct MemoryBody: ByteStream {
    private var pieces: [[UInt8]]
    private let failure: CloudError?

    /// The bytes in pieces of 100,000; where `failure` is given it is thrown instead of the end.
    public init(_ bytes: [UInt8], failure: CloudError? = nil) {
        pieces = stride(from: 0, to: bytes.count, by: 100_000).map { Array(bytes[$0..<min($0 + 100_000, bytes.count)]) }.reversed()
        self.failure = failure
    }
    /// The next piece.
    public mutating func next() async throws -> [UInt8]? {
        if let piece = pieces.popLast() { return piece }
        if let failure { throw failure }
        return nil
    }
}
