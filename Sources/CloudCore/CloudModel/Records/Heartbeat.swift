// SPDX-License-Identifier: Apache-2.0

/// Until when a manager was alive: written seldom, so that the next one knows how long nobody looked.
public struct Heartbeat: Hashable, Sendable, Codable {
    /// Whose: `manager`.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The last moment that was written.
    public var at: Timestamp

    /// A row with these values.
    public init(
        id: String, version: Int64 = 1, at: Timestamp
    ) {
        self.id = id
        self.version = version
        self.at = at
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, at
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
