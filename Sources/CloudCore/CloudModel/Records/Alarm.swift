// SPDX-License-Identifier: Apache-2.0

/// Something that stops a part of the cloud until an operator has looked: a clock that cannot be right, more destruction than is plausible,
/// a store that is full, a host that shows its machines no more; or that is to be looked at: what a run left whose journal cannot be read.
/// The row is there while it lasts.
public struct Alarm: Hashable, Sendable, Codable {
    /// What it is about: `clock`, `destroy`, `collect`, a store's, a host's, an instance's or an operation's id.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// What it says; its sentence is in the catalogues of whoever shows it.
    public var code: String
    /// What its sentence needs.
    public var parameters: [String: String]
    /// When it was raised.
    public var since: Timestamp

    /// A row with these values.
    public init(
        id: String, version: Int64 = 1, code: String, parameters: [String: String], since: Timestamp
    ) {
        self.id = id
        self.version = version
        self.code = code
        self.parameters = parameters
        self.since = since
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, code, parameters, since
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
