// SPDX-License-Identifier: Apache-2.0

/// What was done or seen, by whom, when, with which outcome (CIRCLE). Never changed after it has ended.
public struct Activity: Hashable, Sendable, Codable {
    /// The activity.
    public var id: ID<ActivityKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The id of the object.
    public var object: String
    /// What: a verb, or an observation.
    public var code: String
    /// What its sentence needs; never a secret.
    public var parameters: [String: String]
    /// Who; nil for the cloud itself.
    public var actor: ID<UserKind>?
    /// The run; nil for an observation.
    public var operation: ID<OperationKind>?
    /// When it began.
    public var startedAt: Timestamp
    /// When it ended; nil while it lasts.
    public var endedAt: Timestamp?
    /// Why it failed; nil where it did not.
    public var outcome: CloudError?

    /// A row with these values.
    public init(
        id: ID<ActivityKind>, version: Int64 = 1, object: String, code: String, parameters: [String: String], actor: ID<UserKind>?,
        operation: ID<OperationKind>?, startedAt: Timestamp, endedAt: Timestamp?, outcome: CloudError?
    ) {
        self.id = id
        self.version = version
        self.object = object
        self.code = code
        self.parameters = parameters
        self.actor = actor
        self.operation = operation
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, object, code, parameters, actor, operation, startedAt, endedAt, outcome
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
