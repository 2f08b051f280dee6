// SPDX-License-Identifier: Apache-2.0

/// What a host holds for an instance: written in the transaction of the decision.
public struct HostClaim: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The host.
    public var host: ID<HostKind>
    /// Virtual processors.
    public var cpus: CPUCount
    /// Memory.
    public var memory: ByteCount

    /// A row with these values.
    public init(id: ID<InstanceKind>, version: Int64 = 1, host: ID<HostKind>, cpus: CPUCount, memory: ByteCount) {
        self.id = id
        self.version = version
        self.host = host
        self.cpus = cpus
        self.memory = memory
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, host, cpus, memory
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
