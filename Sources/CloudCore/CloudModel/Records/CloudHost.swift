// SPDX-License-Identifier: Apache-2.0

/// What operators allow a host.
public enum HostState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Takes new instances.
    case active
    /// Keeps what runs and takes nothing new.
    case passive
    /// Is to be empty.
    case disabled
}

/// A machine that runs instances, as operators set it.
public struct CloudHost: Hashable, Sendable, Codable {
    /// The host.
    public var id: ID<HostKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The name for people, unique.
    public var name: DisplayName
    /// What operators allow it.
    public var state: HostState
    /// Memory that belongs to the host itself.
    public var reserve: ByteCount
    /// Virtual processors per real one, at most.
    public var cpuRatio: Int
    /// The store in which its disks are.
    public var store: ID<StoreKind>

    /// A row with these values.
    public init(
        id: ID<HostKind>, version: Int64 = 1, name: DisplayName, state: HostState, reserve: ByteCount, cpuRatio: Int,
        store: ID<StoreKind>
    ) {
        self.id = id
        self.version = version
        self.name = name
        self.state = state
        self.reserve = reserve
        self.cpuRatio = cpuRatio
        self.store = store
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, state, reserve, cpuRatio, store
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
