// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A checkpoint of an instance.
public struct CheckpointBody: Hashable, Sendable, Codable {
    /// The checkpoint.
    public var id: ID<CheckpointKind>
    /// Whose.
    public var instance: ID<InstanceKind>
    /// Its name.
    public var name: String
    /// What it is charged as disk, in bytes: the disk's size, and that of the memory.
    public var size: ByteCount
    /// How much memory was kept, in bytes; nil for the disk alone.
    public var memory: ByteCount?
    /// The moment.
    public var createdAt: APITime
    /// The body of a row, and of the layer that it keeps.
    public init(_ row: Checkpoint, layer: Disk?) {
        id = row.id
        instance = row.instance
        name = row.name.text
        size = (layer?.virtualSize ?? .zero) + (row.memory ?? .zero)
        memory = row.memory
        createdAt = APITime(row.createdAt)
    }
}
