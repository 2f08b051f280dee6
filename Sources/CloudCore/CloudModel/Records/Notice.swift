// SPDX-License-Identifier: Apache-2.0

/// What somebody is to be told, in the outbox: written in the transaction of what it is about, delivered later.
public struct Notice: Hashable, Sendable, Codable {
    /// The notice.
    public var id: ID<NoticeKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Who is told.
    public var recipient: ID<UserKind>
    /// Which instance it is about.
    public var instance: ID<InstanceKind>
    /// What: `lease.suspend` or `lease.destroy`.
    public var code: String
    /// What its sentence needs.
    public var parameters: [String: String]
    /// When that will be done.
    public var date: Timestamp
    /// When it was written.
    public var queuedAt: Timestamp
    /// When it was delivered; nil until then.
    public var deliveredAt: Timestamp?

    /// A row with these values.
    public init(
        id: ID<NoticeKind>, version: Int64 = 1, recipient: ID<UserKind>, instance: ID<InstanceKind>, code: String,
        parameters: [String: String], date: Timestamp, queuedAt: Timestamp, deliveredAt: Timestamp? = nil
    ) {
        self.id = id
        self.version = version
        self.recipient = recipient
        self.instance = instance
        self.code = code
        self.parameters = parameters
        self.date = date
        self.queuedAt = queuedAt
        self.deliveredAt = deliveredAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, recipient, instance, code, parameters, date, queuedAt, deliveredAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
