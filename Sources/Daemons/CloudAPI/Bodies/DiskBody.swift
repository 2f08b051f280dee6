// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A data disk: a person's, attached to one of their instances or to none.
public struct DiskBody: Hashable, Sendable, Codable {
    /// The disk.
    public var id: ID<DiskKind>
    /// The owner of record.
    public var owner: ID<UserKind>?
    /// The charged group.
    public var group: ID<GroupKind>?
    /// Its size in bytes.
    public var size: ByteCount
    /// The instance that has it; nil for none.
    public var instance: ID<InstanceKind>?
    /// What its guest knows it by: under Linux `/dev/disk/by-id/virtio-…`.
    public var serial: String
    /// The body of a row.
    public init(_ row: Disk) {
        id = row.id
        owner = row.owner
        group = row.group
        size = row.virtualSize
        instance = row.slot == nil ? nil : row.instance
        serial = String(row.id.body.prefix(20))
    }
}
