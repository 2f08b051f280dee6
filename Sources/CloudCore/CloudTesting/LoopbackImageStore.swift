// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import ImageStore

/// A store behind a wire that is not there: every argument, result and error passes through JSON, as it will between two machines.
/// A contract suite that passes directly and through this proves that nothing depends on being in one process.
public struct LoopbackImageStore: Sendable {
    private let inner: any StoreAbilities

    /// A wire to a store.
    public init(_ inner: any StoreAbilities) { self.inner = inner }
}

extension LoopbackImageStore: UploadInbox {
    /// As ``UploadInbox/receive(_:limit:_:)``; the body itself is passed on as it is, for a wire carries bodies as bytes.
    public func receive(_ upload: ID<UploadKind>, limit: ByteCount, _ body: any ByteStream) async throws -> ReceivedUpload {
        try await JSONLoopback.call { try await inner.receive(JSONLoopback.through(upload), limit: JSONLoopback.through(limit), body) }
    }
    /// As ``UploadInbox/remove(_:)``.
    public func remove(_ upload: ID<UploadKind>) async throws {
        try await JSONLoopback.call { try await inner.remove(JSONLoopback.through(upload)) }
    }
}

extension LoopbackImageStore: ImagePublishing {
    /// As ``ImagePublishing/publish(_:_:)``.
    public func publish(_ request: PublishRequest, _ command: Command) async throws -> ImageFacts {
        try await JSONLoopback.call { try await inner.publish(JSONLoopback.through(request), JSONLoopback.through(command)) }
    }
    /// As ``ImagePublishing/remove(_:_:)``.
    public func remove(_ image: ID<ImageKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await inner.remove(JSONLoopback.through(image), JSONLoopback.through(command)) }
    }
    /// As ``ImagePublishing/observe(_:)``.
    public func observe(_ image: ID<ImageKind>) async throws -> Evidence<ImageFacts> {
        try await JSONLoopback.call { try await inner.observe(JSONLoopback.through(image)) }
    }
}

extension LoopbackImageStore: DiskCopies {
    /// As ``DiskCopies/copy(_:_:)``.
    public func copy(_ request: CopyRequest, _ command: Command) async throws -> CopyProgress {
        try await JSONLoopback.call { try await inner.copy(JSONLoopback.through(request), JSONLoopback.through(command)) }
    }
}

extension LoopbackImageStore: OverlayDisks {
    /// As ``OverlayDisks/ensure(_:_:)``.
    public func ensure(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await JSONLoopback.call { try await inner.ensure(JSONLoopback.through(overlay), JSONLoopback.through(command)) }
    }
    /// As ``OverlayDisks/grow(_:to:_:)``.
    public func grow(_ disk: ID<DiskKind>, to size: ByteCount, _ command: Command) async throws {
        try await JSONLoopback.call {
            try await inner.grow(JSONLoopback.through(disk), to: JSONLoopback.through(size), JSONLoopback.through(command))
        }
    }
    /// As ``OverlayDisks/rebase(_:_:)``.
    public func rebase(_ overlay: OverlayDescription, _ command: Command) async throws {
        try await JSONLoopback.call { try await inner.rebase(JSONLoopback.through(overlay), JSONLoopback.through(command)) }
    }
    /// As ``OverlayDisks/remove(_:_:)``.
    public func remove(_ disk: ID<DiskKind>, _ command: Command) async throws {
        try await JSONLoopback.call { try await inner.remove(JSONLoopback.through(disk), JSONLoopback.through(command)) }
    }
    /// As ``OverlayDisks/observe(_:)``.
    public func observe(_ overlay: OverlayDescription) async throws -> Evidence<OverlayDescription> {
        try await JSONLoopback.call { try await inner.observe(JSONLoopback.through(overlay)) }
    }
}

extension LoopbackImageStore: StoreObserver {
    /// As ``StoreObserver/space()``.
    public func space() async throws -> StoreSpace { try await JSONLoopback.call { try await inner.space() } }
    /// As ``StoreObserver/inventory()``.
    public func inventory() async throws -> StoreContents { try await JSONLoopback.call { try await inner.inventory() } }
}
