// SPDX-License-Identifier: Apache-2.0

/// A public port that leads to an instance.
public struct ForwardedPort: Hashable, Sendable, Codable {
    /// The forwarded port.
    public var id: ID<ForwardedPortKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Whose.
    public var instance: ID<InstanceKind>
    /// To which port of it.
    public var port: ID<PortKind>
    /// On which network.
    public var network: ID<NetworkKind>
    /// The transport.
    public var transport: Transport
    /// Unique per transport on the public address.
    public var publicPort: UInt16
    /// The guest's port.
    public var targetPort: UInt16
    /// When it was opened.
    public var createdAt: Timestamp
    /// Set when the instance went into the trash: the public port is not given to others before.
    public var keptUntil: Timestamp?

    /// A row with these values.
    public init(
        id: ID<ForwardedPortKind>, version: Int64 = 1, instance: ID<InstanceKind>, port: ID<PortKind>, network: ID<NetworkKind>,
        transport: Transport, publicPort: UInt16, targetPort: UInt16, createdAt: Timestamp, keptUntil: Timestamp? = nil
    ) {
        self.id = id
        self.version = version
        self.instance = instance
        self.port = port
        self.network = network
        self.transport = transport
        self.publicPort = publicPort
        self.targetPort = targetPort
        self.createdAt = createdAt
        self.keptUntil = keptUntil
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, instance, port, network, transport, publicPort, targetPort, createdAt, keptUntil
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
