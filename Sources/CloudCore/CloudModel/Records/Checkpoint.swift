// SPDX-License-Identifier: Apache-2.0

/// An instance's own disk, and perhaps its memory, as they were at a moment: a layer that is kept, and what is to be known of the machine
/// that the memory fits (Documentation/decisions/0014-checkpoints.md).
public struct Checkpoint: Hashable, Sendable, Codable {
    /// How many an instance may keep: a chain of disks is one longer.
    public static let most = 4

    /// The checkpoint.
    public var id: ID<CheckpointKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Whose.
    public var instance: ID<InstanceKind>
    /// Unique among the instance's checkpoints.
    public var name: DisplayName
    /// The layer that holds what was on the disk.
    public var disk: ID<DiskKind>
    /// How much memory was saved with it, charged as disk; nil for the disk alone.
    public var memory: ByteCount?
    /// How many processors the machine had.
    public var cpus: CPUCount
    /// The ports that it had, in the order of its bus.
    public var ports: [ID<PortKind>]
    /// The moment.
    public var createdAt: Timestamp

    /// A row with these values.
    public init(
        id: ID<CheckpointKind>, version: Int64 = 1, instance: ID<InstanceKind>, name: DisplayName, disk: ID<DiskKind>,
        memory: ByteCount?, cpus: CPUCount, ports: [ID<PortKind>], createdAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.instance = instance
        self.name = name
        self.disk = disk
        self.memory = memory
        self.cpus = cpus
        self.ports = ports
        self.createdAt = createdAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, instance, name, disk, memory, cpus, ports, createdAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
