// SPDX-License-Identifier: Apache-2.0

/// What a host last said of an instance; written only when it changed.
public struct InstanceSighting: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Which host said so.
    public var host: ID<HostKind>
    /// What its domain does, in the hypervisor's word.
    public var power: String
    /// The newest fence that the host has seen for it.
    public var fence: Fence
    /// When it was first seen so.
    public var seenAt: Timestamp

    /// A row with these values.
    public init(id: ID<InstanceKind>, version: Int64 = 1, host: ID<HostKind>, power: String, fence: Fence, seenAt: Timestamp) {
        self.id = id
        self.version = version
        self.host = host
        self.power = power
        self.fence = fence
        self.seenAt = seenAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, host, power, fence, seenAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
