// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import ImageStore
import Synchronization

/// A store of images and disks in a directory of any file system that has links, holes and `fsync` (ext4, XFS, NFS).
///
/// ```swift
/// let store = try DirectoryImageStore(id: site.store, root: "/var/lib/lyceum/store", tool: ImageTool.installed())
/// ```
/// Names of files are ids and nothing else; nothing is opened through a link; everything is made in a temporary place, made durable,
/// and published by one rename, so a crash leaves either the whole or nothing. Uploads are judged by our own reader before a tool of
/// QEMU sees a byte. All blocking calls run on queues of their own.
///
/// One store at a time has a directory open (a lock in it): a second one is refused with ``CloudModel/ErrorCode/unavailable``. The lock goes with
/// the process, also with a killed one, or with ``close()``.
public final class DirectoryImageStore: Sendable {
    let id: ID<StoreKind>
    let root: String
    let tool: ImageTool?
    let folders: StoreFolders
    let ledger: DurableLedger
    /// Images whose disks are being made, or which are being removed: the two exclude one another.
    let uses = ImageUses()
    /// Facts that were read once; images never change.
    let known = Mutex<[ID<ImageKind>: ImageFacts]>([:])
    /// Disks of which images are being made.
    let copies = Copies()
    let disks: FileLanes
    let images: FileLanes
    /// For looks, which change nothing: they wait behind no command, and so not while a large image is read and hashed.
    let looks: FileLane
    let bodies: [FileQueue]

    /// Opens the store in the directory `root`, an absolute path of at most 512 bytes, and makes the folders in it where they are
    /// missing. `tool` is asked about qcow2 images after our own reader; without one, our reader decides alone. `parallel` is the
    /// number of disks that are made at once.
    ///
    /// Blocks for some milliseconds: call it when a host is composed. Throws ``CloudModel/ErrorCode/unavailable`` where the directory is not
    /// there, may not be written, or is in use.
    public init(id: ID<StoreKind>, root: String, tool: ImageTool? = nil, parallel: Int = 4) throws {
        guard root.hasPrefix("/"), root.utf8.count <= 512 else {
            throw CloudError(
                .invalidField, ["pointer": "/store/root", "reason": "a store's directory is an absolute path of at most 512 bytes"])
        }
        self.id = id
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
        self.tool = tool
        do {
            folders = try StoreFolders(root: root)
            ledger = try DurableLedger(folders)
        } catch let fault as FileFault {
            throw CloudError(.unavailable, ["part": "image-store"], detail: fault.description)
        }
        disks = FileLanes("disks", count: parallel)
        images = FileLanes("images", count: 2)
        looks = FileLane(FileQueue("lyceum.store.looks"))
        bodies = (0..<2).map { FileQueue("lyceum.store.bodies.\($0)") }
    }

    /// Lets another store open the directory. No call may come after it.
    public func close() { folders.lock.unlock() }

    /// Where a disk is, whether or not it is there: for the hypervisor's `GuestStorage`.
    public func path(of disk: ID<DiskKind>) -> String { "\(root)/disks/\(disk)" }
    /// Where an image is, whether or not it is there: what disks lie on.
    public func imagePath(of image: ID<ImageKind>) -> String { "\(root)/images/\(image)" }
    /// Where the hypervisor puts the memory of an instance.
    public func memoryPath(of instance: ID<InstanceKind>) -> String { "\(root)/memory/\(instance)" }
    /// Where the hypervisor puts the memory that a checkpoint keeps.
    public func memoryPath(of checkpoint: ID<CheckpointKind>) -> String { "\(root)/memory/\(checkpoint)" }
    /// Where the hypervisor puts what the guest of an instance reads when it boots.
    public func seedPath(of instance: ID<InstanceKind>) -> String { "\(root)/seeds/\(instance)" }

    /// Runs file calls on a lane and says what failed in the cloud's own words.
    func run<Value: Sendable>(_ lane: FileLane, _ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await lane.run { do { return try body() } catch let fault as FileFault { throw self.refusal(for: fault) } }
    }

    /// Says which store is full, and how full, where QEMU's tool found it so: the tool knows a file.
    func naming<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let refusal as CloudError where refusal.code == .diskFull && refusal.parameters.isEmpty {
            let free = try await disks.lane(for: id.text).run { self.freeInWords }
            throw CloudError(.diskFull, ["store": id.text, "needed": "more room", "free": free], detail: refusal.detail)
        }
    }

    /// A failed call as a refusal; asked on a lane, for the file system is asked how full it is.
    func refusal(for fault: FileFault) -> CloudError {
        guard fault.isFull else { return CloudError(.unavailable, ["part": "image-store"], detail: "\(id): \(fault.description)") }
        return CloudError(
            .diskFull, ["store": id.text, "needed": ByteCount(bytes: fault.needed).description, "free": freeInWords],
            detail: fault.description)
    }

    /// How much is free. Where even this cannot be asked, the disk is no less full.
    private var freeInWords: String {
        (try? folders.root.space().free).map { ByteCount(bytes: $0).description } ?? "an unknown amount"
    }
}

/// Which images are in use by a disk that is being made, and which are being removed.
final class ImageUses: Sendable {
    private enum Use {
        case disks(Int)
        case removal
    }
    private let uses = Mutex<[ID<ImageKind>: Use]>([:])

    /// Calls `body` while the image cannot be removed; throws ``ErrorCode/notFound`` where it is being removed.
    func withDisk<Value>(on image: ID<ImageKind>, _ body: () throws -> Value) throws -> Value {
        try uses.withLock { uses in
            switch uses[image] {
            case nil: uses[image] = .disks(1)
            case .disks(let count): uses[image] = .disks(count + 1)
            case .removal: throw CloudError(.notFound, ["object": image.text])
            }
        }
        defer {
            uses.withLock { uses in
                if case .disks(let count) = uses[image], count > 1 { uses[image] = .disks(count - 1) } else { uses[image] = nil }
            }
        }
        return try body()
    }

    /// Calls `body` while no disk can be made on the image; throws ``ErrorCode/imageInUse`` where one is being made.
    func withRemoval<Value>(of image: ID<ImageKind>, _ body: () throws -> Value) throws -> Value {
        try uses.withLock { uses in
            guard uses[image] == nil else { throw CloudError(.imageInUse, ["image": image.text, "by": "a disk that is being made"]) }
            uses[image] = .removal
        }
        defer { uses.withLock { $0[image] = nil } }
        return try body()
    }
}
