// SPDX-License-Identifier: Apache-2.0

/// Where an instance stands, and which operation has it.
public struct InstanceStatus: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The state, changed along its table only.
    public var state: InstanceState
    /// Why it failed, or why its host paused it though nobody here asked; otherwise nil.
    public var failure: CloudError?
    /// Where its domain runs, or may run.
    public var host: ID<HostKind>?
    /// Raised when a run claims it for effects on a host.
    public var fence: Fence
    /// The run that has it; nil when it is free.
    public var operation: ID<OperationKind>?
    /// When the state changed last.
    public var changedAt: Timestamp
    /// When it was last seen ready after its start; nil before.
    public var readyAt: Timestamp?

    /// A row with these values.
    public init(
        id: ID<InstanceKind>, version: Int64 = 1, state: InstanceState, failure: CloudError?, host: ID<HostKind>?, fence: Fence,
        operation: ID<OperationKind>?, changedAt: Timestamp, readyAt: Timestamp?
    ) {
        self.id = id
        self.version = version
        self.state = state
        self.failure = failure
        self.host = host
        self.fence = fence
        self.operation = operation
        self.changedAt = changedAt
        self.readyAt = readyAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, state, failure, host, fence, operation, changedAt, readyAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
