// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// One machine as a hypervisor is asked to run it: no paths, no flags, nothing that differs between hosts.
public struct GuestDescription: Hashable, Sendable, Codable {
    /// Whose machine; also the name by which it is found again.
    public let instance: ID<InstanceKind>
    /// For people who list domains on the host. Data, never syntax.
    public let title: DisplayName
    /// Virtual processors.
    public let cpus: CPUCount
    /// Memory of the guest.
    public let memory: ByteCount
    /// Disks in the order of the guest's buses; the first boots.
    public let disks: [GuestDisk]
    /// Network cards in the order of the guest's buses.
    public let ports: [GuestPort]
    /// The volume that it reads when it boots, behind its disks and never written by it; nil for none.
    public let seed: SeedVolume?
    /// The processor that the guest sees: common to all hosts, never the host's own, so that memory can be woken elsewhere.
    public let processor: CPUBaseline

    /// A machine.
    public init(
        instance: ID<InstanceKind>, title: DisplayName, cpus: CPUCount, memory: ByteCount, disks: [GuestDisk], ports: [GuestPort],
        seed: SeedVolume? = nil, processor: CPUBaseline = .standard
    ) {
        self.instance = instance
        self.title = title
        self.cpus = cpus
        self.memory = memory
        self.disks = disks
        self.ports = ports
        self.seed = seed
        self.processor = processor
    }
}

extension GuestDescription {
    /// The same machine with other cards.
    public func with(ports: [GuestPort]) -> GuestDescription {
        GuestDescription(
            instance: instance, title: title, cpus: cpus, memory: memory, disks: disks, ports: ports, seed: seed, processor: processor)
    }

    /// The same machine with other disks.
    public func with(disks: [GuestDisk]) -> GuestDescription {
        GuestDescription(
            instance: instance, title: title, cpus: cpus, memory: memory, disks: disks, ports: ports, seed: seed, processor: processor)
    }
}

/// A disk of a guest, named by its store and its id. The format is always qcow2 and always said.
public struct GuestDisk: Hashable, Sendable, Codable {
    /// The disk.
    public let disk: ID<DiskKind>
    /// Where it is kept.
    public let store: ID<StoreKind>
    /// What it lies on, in the same store; nil for a disk that lies on nothing. A host that does not know it may take the image for
    /// the guest's own: libvirt gives the file to QEMU's account.
    public let image: BackingImage?
    /// The layers between it and the image, in the same store, the nearest first: kept as they are, and read by this guest only.
    public let layers: [ID<DiskKind>]

    /// A disk in a store.
    public init(disk: ID<DiskKind>, store: ID<StoreKind>, image: BackingImage? = nil, layers: [ID<DiskKind>] = []) {
        self.disk = disk
        self.store = store
        self.image = image
        self.layers = layers
    }

    /// What the guest knows a disk by that lies on no image: the characters behind its id's prefix, as many as a virtio serial has
    /// (QEMU, VIRTIO_BLK_ID_BYTES: 20). Linux has it under `/dev/disk/by-id/virtio-…`.
    public var serial: String? { image == nil && layers.isEmpty ? String(disk.body.prefix(20)) : nil }

    private enum CodingKeys: CodingKey { case disk, store, image, layers }
    /// Reads a disk, also one that was written before there were layers.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            disk: try container.decode(ID.self, forKey: .disk), store: try container.decode(ID.self, forKey: .store),
            image: try container.decodeIfPresent(BackingImage.self, forKey: .image),
            layers: try container.decodeIfPresent([ID<DiskKind>].self, forKey: .layers) ?? [])
    }
}

/// The image below a disk: read by many guests, written by none.
public struct BackingImage: Hashable, Sendable, Codable {
    /// The image.
    public let id: ID<ImageKind>
    /// Its format; said, never guessed.
    public let format: ImageFormat
    /// An image of a format.
    public init(_ id: ID<ImageKind>, format: ImageFormat) {
        self.id = id
        self.format = format
    }
}

/// A network card of a guest, on a host device that the fabric made and filtered before.
public struct GuestPort: Hashable, Sendable, Codable {
    /// The port.
    public let port: ID<PortKind>
    /// The card's address.
    public let mac: MACAddress
    /// The host's tap device, at most 15 characters (Linux, IFNAMSIZ).
    public let device: String
    /// A card on a device.
    public init(port: ID<PortKind>, mac: MACAddress, device: String) {
        self.port = port
        self.mac = mac
        self.device = device
    }
}

/// A named processor model, common to all hosts of a site (QEMU's `-cpu` names).
public struct CPUBaseline: Hashable, Sendable, Codable {
    /// QEMU's name of the model.
    public let name: String
    /// A model by name.
    public init(_ name: String) { self.name = name }
    /// `qemu64`: runs everywhere, also in software emulation.
    public static let standard = CPUBaseline("qemu64")
}

/// Saved memory of a guest: in each store one that the instance is woken from, and one per checkpoint.
public struct MemoryImage: Hashable, Sendable, Codable {
    /// Whose memory.
    public let instance: ID<InstanceKind>
    /// Where it is kept.
    public let store: ID<StoreKind>
    /// The checkpoint that keeps it; nil for what the instance is woken from.
    public let checkpoint: ID<CheckpointKind>?
    /// The memory of an instance in a store, or that of a checkpoint of it.
    public init(instance: ID<InstanceKind>, store: ID<StoreKind>, checkpoint: ID<CheckpointKind>? = nil) {
        self.instance = instance
        self.store = store
        self.checkpoint = checkpoint
    }
    /// What the same instance is woken from, in the same store.
    public var own: MemoryImage { MemoryImage(instance: instance, store: store) }
}

/// Where a host keeps what a ``GuestDescription`` names. Given to an adapter when the host is composed.
public protocol GuestStorage: Sendable {
    /// The absolute path of a disk; throws ``CloudModel/ErrorCode/unavailable`` for a store that this host does not see.
    func path(of disk: GuestDisk) throws(CloudError) -> String
    /// The absolute path of an image below a disk; throws as ``path(of:)-(GuestDisk)``.
    func path(of image: BackingImage, in store: ID<StoreKind>) throws(CloudError) -> String
    /// The absolute path of saved memory; throws as ``path(of:)-(GuestDisk)``.
    func path(of memory: MemoryImage) throws(CloudError) -> String
    /// The absolute path of a seed, in a folder that QEMU's account may pass through; throws as ``path(of:)-(GuestDisk)``.
    func path(of seed: SeedVolume) throws(CloudError) -> String
}

/// Storage whose paths four functions know: a store's own, most often. For a host that sees every store that its guests may name.
public struct GuestPaths: GuestStorage {
    private let disk: @Sendable (ID<DiskKind>) -> String
    private let image: @Sendable (ID<ImageKind>) -> String
    private let memory: @Sendable (ID<InstanceKind>) -> String
    private let checkpoint: @Sendable (ID<CheckpointKind>) -> String
    private let seed: @Sendable (ID<InstanceKind>) -> String

    /// Storage by the paths of disks, of the images below them, of the memories of instances and of checkpoints, and of instances' seeds.
    public init(
        disk: @escaping @Sendable (ID<DiskKind>) -> String, image: @escaping @Sendable (ID<ImageKind>) -> String,
        memory: @escaping @Sendable (ID<InstanceKind>) -> String, checkpoint: @escaping @Sendable (ID<CheckpointKind>) -> String,
        seed: @escaping @Sendable (ID<InstanceKind>) -> String
    ) {
        self.disk = disk
        self.image = image
        self.memory = memory
        self.checkpoint = checkpoint
        self.seed = seed
    }
    /// The disk's path.
    public func path(of disk: GuestDisk) -> String { self.disk(disk.disk) }
    /// The image's path.
    public func path(of image: BackingImage, in store: ID<StoreKind>) -> String { self.image(image.id) }
    /// The memory's path.
    public func path(of memory: MemoryImage) -> String { memory.checkpoint.map(checkpoint) ?? self.memory(memory.instance) }
    /// The seed's path.
    public func path(of seed: SeedVolume) -> String { self.seed(seed.instance) }
}
