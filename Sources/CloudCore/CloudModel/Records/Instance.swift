// SPDX-License-Identifier: Apache-2.0

/// What was asked for: a machine's name, size and origin. What is (``InstanceStatus``), what was seen (``InstanceSighting``) and the lease
/// (``InstanceLease``) are rows of their own, so a rename can never collide with a start.
public struct Instance: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// Unique among the owner's living instances.
    public var name: DisplayName
    /// For people; empty where there is none.
    public var description: Description
    /// For people and programs, sorted, each once.
    public var tags: [Tag]
    /// Its host name.
    public var label: DNSLabel
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// What it was made from.
    public var template: ID<TemplateKind>
    /// Which revision of it.
    public var revision: Int
    /// Virtual processors.
    public var cpus: CPUCount
    /// Memory.
    public var memory: ByteCount
    /// False once it is in the trash: its name is free again.
    public var alive: Bool
    /// When it was asked for.
    public var createdAt: Timestamp
    /// What it had when it went to the trash; nil for what never was there.
    public var belongings: Belongings?

    /// A row with these values.
    public init(
        id: ID<InstanceKind>, version: Int64 = 1, name: DisplayName, description: Description = .none, tags: [Tag] = [], label: DNSLabel,
        owner: ID<UserKind>, group: ID<GroupKind>,
        template: ID<TemplateKind>, revision: Int, cpus: CPUCount, memory: ByteCount, alive: Bool, createdAt: Timestamp,
        belongings: Belongings? = nil
    ) {
        self.id = id
        self.version = version
        self.name = name
        self.description = description
        self.tags = tags
        self.label = label
        self.owner = owner
        self.group = group
        self.template = template
        self.revision = revision
        self.cpus = cpus
        self.memory = memory
        self.alive = alive
        self.createdAt = createdAt
        self.belongings = belongings
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, name, description, tags, label, owner, group, template, revision, cpus, memory, alive, createdAt, belongings
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}

/// What an instance had when it went to the trash, and may find gone when it comes back.
public struct Belongings: Hashable, Sendable, Codable {
    /// A port as it was.
    public struct Port: Hashable, Sendable, Codable {
        /// The port.
        public var id: ID<PortKind>
        /// Its network.
        public var network: ID<NetworkKind>
        /// Its address.
        public var address: IPv4Address
        /// Its host name there.
        public var label: DNSLabel
        /// A port's values.
        public init(id: ID<PortKind>, network: ID<NetworkKind>, address: IPv4Address, label: DNSLabel) {
            self.id = id
            self.network = network
            self.address = address
            self.label = label
        }
    }
    /// A public port that led to it.
    public struct PublicPort: Hashable, Sendable, Codable {
        /// The public port.
        public var publicPort: UInt16
        /// TCP or UDP.
        public var transport: Transport
        /// Where it led to.
        public var targetPort: UInt16
        /// A public port's values.
        public init(publicPort: UInt16, transport: Transport, targetPort: UInt16) {
            self.publicPort = publicPort
            self.transport = transport
            self.targetPort = targetPort
        }
    }
    /// Its ports, in the order of its bus.
    public var ports: [Port]
    /// The data disks that it let go of, in the order of its bus: they are their owner's.
    public var disks: [ID<DiskKind>]
    /// Whether its memory was saved, which is thrown away with it; nil where it was not, and in rows from before this was noted.
    public var memory: Bool?
    /// The public ports that led to it, in their order; nil for none, and in rows from before this was noted.
    public var publicPorts: [PublicPort]?
    /// What it had.
    public init(ports: [Port], disks: [ID<DiskKind>], memory: Bool? = nil, publicPorts: [PublicPort]? = nil) {
        self.publicPorts = publicPorts
        self.ports = ports
        self.disks = disks
        self.memory = memory
    }
}
