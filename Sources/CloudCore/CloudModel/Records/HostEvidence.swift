// SPDX-License-Identifier: Apache-2.0

/// The newest word of a host: an instance's sighting is as fresh as this.
public struct HostEvidence: Hashable, Sendable, Codable {
    /// The host.
    public var id: ID<HostKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The number of the report.
    public var report: Int64
    /// The kernel's boot id.
    public var bootID: String
    /// Real processors.
    public var cpus: CPUCount
    /// Real memory.
    public var memory: ByteCount
    /// Free space of its store.
    public var freeDisk: ByteCount
    /// All space of its store.
    public var totalDisk: ByteCount
    /// When the report was read.
    public var seenAt: Timestamp

    /// A row with these values.
    public init(
        id: ID<HostKind>, version: Int64 = 1, report: Int64, bootID: String, cpus: CPUCount, memory: ByteCount, freeDisk: ByteCount,
        totalDisk: ByteCount, seenAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.report = report
        self.bootID = bootID
        self.cpus = cpus
        self.memory = memory
        self.freeDisk = freeDisk
        self.totalDisk = totalDisk
        self.seenAt = seenAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, report, bootID, cpus, memory, freeDisk, totalDisk, seenAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
