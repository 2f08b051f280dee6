// SPDX-License-Identifier: Apache-2.0

/// What only operators of an instance may see, sealed with the site's key, which is not in the store.
public struct InstanceSecret: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The login password, sealed.
    public var sealedPassword: String
    /// The password that the guest was told, sealed, while nobody knows whether it took it; nil for none.
    public var sealedDoubtful: String?
    /// The run that told it; nil where nothing is in doubt.
    public var doubtedBy: ID<OperationKind>?

    /// A row with these values.
    public init(
        id: ID<InstanceKind>, version: Int64 = 1, sealedPassword: String, sealedDoubtful: String? = nil,
        doubtedBy: ID<OperationKind>? = nil
    ) {
        self.id = id
        self.version = version
        self.sealedPassword = sealedPassword
        self.sealedDoubtful = sealedDoubtful
        self.doubtedBy = doubtedBy
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, sealedPassword, sealedDoubtful, doubtedBy
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
