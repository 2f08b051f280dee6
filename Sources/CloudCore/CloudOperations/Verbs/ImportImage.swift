// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow
import ImageStore

/// Makes an image of an upload: judged, hashed, published, or refused with nothing left behind.
public struct ImportImage: CloudOperation {
    /// `image.import`
    public static let kind = "image.import"
    /// Who asks.
    public let principal: Principal
    /// The image's id, chosen before.
    public let image: ID<ImageKind>
    /// Its name.
    public let name: DisplayName
    /// The bytes.
    public let upload: ID<UploadKind>
    /// What they are said to be.
    public let format: ImageFormat
    /// The SHA-256 that was promised; nil for none.
    public let sha256: String?
    /// The group that is charged; nil for the personal one.
    public let group: ID<GroupKind>?
    /// On which host's store.
    public let host: ID<HostKind>
    /// The image's id.
    public var object: String { image.text }

    /// Imports an upload for a principal.
    public init(
        by principal: Principal, image: ID<ImageKind>, name: DisplayName, upload: ID<UploadKind>, format: ImageFormat,
        sha256: String? = nil,
        group: ID<GroupKind>? = nil, host: ID<HostKind>
    ) {
        self.principal = principal
        self.image = image
        self.name = name
        self.upload = upload
        self.format = format
        self.sha256 = sha256
        self.group = group
        self.host = host
    }

    /// The verb.
    public func run(_ flow: CloudFlow, in world: World) async throws -> Image {
        let operation = try flow.run.operation()
        let deed = Deed(verb: .importImage, object: image.text, actor: principal.user, operation: operation)
        _ = try await flow.commit("claim") { tx in
            try require(principal, .importImage)
            let now = world.clock.now()
            var bytes = try tx.uploads.get(upload)
            guard bytes.owner == principal.user, bytes.host == host else { throw CloudError(.notFound, ["object": upload.text]) }
            try bytes.claim(by: operation)
            try tx.uploads.update(bytes)
            try tx.images.insert(
                Image(
                    id: image, name: name, owner: principal.user, group: try tx.chargedGroup(group, of: principal), state: .importing,
                    format: format, virtualSize: .zero, fileSize: .zero, sha256: "", store: try tx.hosts.get(host).store, createdAt: now))
            try tx.begin(deed, at: now)
            try tx.tell("image.changed", deed, at: now)
            return Nothing()
        } undo: { tx, _ in
            try tx.images.delete(image)
            // The bytes may be tried again; the collector takes them when their time is over.
            try tx.uploads.change(upload) { $0.operation = nil }
            try tx.endUndone(deed, at: world.clock.now())
            try tx.tell("image.removed", deed, at: world.clock.now())
        }
        let disks = try world.hosts.parts(of: host).disks
        let request = PublishRequest(
            upload: upload, image: image, declared: format, expectedSHA256: sha256, limit: world.settings.imageLimit)
        let facts = try await flow.step("publish") {
            try await disks.publish(request, $0.command(Fence(1)))
        } observe: { _ in
            if case .present(let facts) = try await disks.observe(image) { return .done(facts) }
            return .notDone
        } undo: {
            try await disks.remove(image, $0.command(Fence(1)))
        }
        let row = try await flow.commit("available", irreversible: "the image can be used from now on") { tx in
            let row = try tx.images.change(image) { row in
                row.state = .available
                row.virtualSize = facts.virtualSize
                row.fileSize = facts.fileSize
                row.sha256 = facts.sha256
            }
            try tx.end(deed, at: world.clock.now())
            try tx.tell("image.changed", deed, at: world.clock.now())
            return row
        }
        try await flow.step("upload", irreversible: "the image has the bytes") { _ in try await disks.remove(upload) }
        return try await flow.end("upload gone", irreversible: "the image has the bytes") { tx in
            try tx.uploads.delete(upload)
            return row
        }
    }
}
