// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// An instance as callers see it: what was asked, what is, and what may be relied on now.
public struct InstanceBody: Hashable, Sendable, Codable {
    /// The instance.
    public var id: ID<InstanceKind>
    /// The name for people.
    public var name: String
    /// What people wrote about it; nil where there is nothing.
    public var description: String?
    /// Its tags, sorted.
    public var tags: [String] = []
    /// Its host name in the network's domain.
    public var hostname: String
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// What it was made from.
    public var template: ID<TemplateKind>
    /// Which revision of it.
    public var revision: Int
    /// The shown state: one of ``CloudModel/InstanceState``, or `unknown` while its host gives no fresh word.
    public var state: String
    /// The last state that was known; only with `unknown`.
    public var lastState: String?
    /// When that was; only with `unknown`.
    public var lastSeen: APITime?
    /// What its host sees of it; nil where no host holds it, or none has spoken of it since its state changed.
    public var seen: SeenBody?
    /// Why it failed, or why its host paused it though nobody here asked; only with `failed` and `paused`.
    public var failure: Problem?
    /// Whether one can work with it: running, address bound, and what its template asks for answers.
    public var ready: Bool
    /// When it was ready after its last start.
    public var readyAt: APITime?
    /// Virtual processors.
    public var cpus: Int
    /// Memory in bytes.
    public var memory: ByteCount
    /// Where it runs; nil where nothing runs.
    public var host: ID<HostKind>?
    /// The operation that has it; nil while it is free for verbs.
    public var operation: ID<OperationKind>?
    /// Its ports with their addresses, in the order of its bus; by the first people get in.
    public var addresses: [AddressBody]
    /// Its disks in the order of its bus; the first boots.
    public var disks: [InstanceDiskBody]
    /// The public ports that lead to it.
    public var forwardedPorts: [ForwardedPortBody]
    /// How to get in; nil where there is no way yet.
    public var connection: ConnectionBody?
    /// Its lease.
    public var lease: LeaseBody?
    /// What is left of it in the trash; nil while it lives.
    public var trash: TrashBody?
    /// When it was asked for.
    public var createdAt: APITime
    /// When its state changed last.
    public var changedAt: APITime

    /// A body; what is not named stays empty.
    public init(
        id: ID<InstanceKind>, name: String, hostname: String, owner: ID<UserKind>, group: ID<GroupKind>, template: ID<TemplateKind>,
        revision: Int, state: String, ready: Bool, cpus: Int, memory: ByteCount, addresses: [AddressBody],
        disks: [InstanceDiskBody] = [], forwardedPorts: [ForwardedPortBody], createdAt: APITime, changedAt: APITime
    ) {
        self.id = id
        self.name = name
        self.hostname = hostname
        self.owner = owner
        self.group = group
        self.template = template
        self.revision = revision
        self.state = state
        self.ready = ready
        self.cpus = cpus
        self.memory = memory
        self.addresses = addresses
        self.disks = disks
        self.forwardedPorts = forwardedPorts
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

/// A verb, and whether the caller may do it with the instance now.
public struct AllowedVerbBody: Hashable, Sendable, Codable {
    /// The verb, as in the routes.
    public var verb: String
    /// Whether it may be done.
    public var allowed: Bool
    /// Why not; nil where it may.
    public var refusal: Problem?
    /// A body.
    public init(_ verb: Verb, refusal: Problem?) {
        self.verb = verb.rawValue
        allowed = refusal == nil
        self.refusal = refusal
    }
}

/// What a host sees of an instance. Where it differs from the state, something happened that nobody asked for.
public struct SeenBody: Hashable, Sendable, Codable {
    /// `running`, `paused` (QEMU does so by itself where its store is full), `off`, `crashed`, or `absent`.
    public var state: String
    /// When it was first seen so.
    public var since: APITime
    /// A body.
    public init(state: String, since: APITime) {
        self.state = state
        self.since = since
    }
}

/// A disk of an instance.
public struct InstanceDiskBody: Hashable, Sendable, Codable {
    /// The disk.
    public var id: ID<DiskKind>
    /// `overlay`, on an image and the instance's own, or `data`, on nothing and a person's.
    public var kind: String
    /// Its size in bytes.
    public var size: ByteCount
    /// What it lies on; nil for a data disk.
    public var image: ID<ImageKind>?
    /// A body.
    public init(id: ID<DiskKind>, kind: String, size: ByteCount, image: ID<ImageKind>?) {
        self.id = id
        self.kind = kind
        self.size = size
        self.image = image
    }
}

/// An attachment to a network with its addresses.
public struct AddressBody: Hashable, Sendable, Codable {
    /// The port.
    public var port: ID<PortKind>
    /// The network.
    public var network: ID<NetworkKind>
    /// The IPv4 address.
    public var ipv4: String
    /// The IPv6 address; nil where the network has none.
    public var ipv6: String?
    /// The hardware address.
    public var mac: String
    /// The whole host name.
    public var hostname: String
    /// A body.
    public init(port: ID<PortKind>, network: ID<NetworkKind>, ipv4: String, ipv6: String?, mac: String, hostname: String) {
        self.port = port
        self.network = network
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.mac = mac
        self.hostname = hostname
    }
}

/// A public port that leads to an instance.
public struct ForwardedPortBody: Hashable, Sendable, Codable {
    /// The forwarded port.
    public var id: ID<ForwardedPortKind>
    /// Whose.
    public var instance: ID<InstanceKind>
    /// `tcp` or `udp`.
    public var transport: String
    /// The public address; nil where the site has not said which one its callers reach.
    public var publicAddress: String?
    /// The public port.
    public var publicPort: UInt16
    /// The guest's port.
    public var targetPort: UInt16
    /// When it was opened.
    public var createdAt: APITime
    /// A body.
    public init(
        id: ID<ForwardedPortKind>, instance: ID<InstanceKind>, transport: String, publicAddress: String?, publicPort: UInt16,
        targetPort: UInt16, createdAt: APITime
    ) {
        self.id = id
        self.instance = instance
        self.transport = transport
        self.publicAddress = publicAddress
        self.publicPort = publicPort
        self.targetPort = targetPort
        self.createdAt = createdAt
    }
}

/// How to get into an instance.
public struct ConnectionBody: Hashable, Sendable, Codable {
    /// `ssh`, or the transport where the port is another than 22.
    public var method: String
    /// The address to connect to.
    public var address: String
    /// The port to connect to.
    public var port: UInt16
    /// The account in the guest.
    public var account: String
    /// The public port that leads to the way in, also where the site has not said its public address; nil for none.
    public var publicPort: UInt16?
    /// A command line that does it; nil where there is none.
    public var command: String?
    /// A body.
    public init(method: String, address: String, port: UInt16, account: String, publicPort: UInt16? = nil, command: String?) {
        self.method = method
        self.address = address
        self.port = port
        self.account = account
        self.publicPort = publicPort
        self.command = command
    }
}

/// The password by which people log in to an instance; for its operators, and only when they ask for it.
public struct InstancePasswordBody: Hashable, Sendable, Codable {
    /// The account in the guest.
    public var account: String
    /// Its password.
    public var password: String
    /// True where the guest may have another, for it was told one and nobody knows whether it took it; otherwise nil.
    public var doubtful: Bool?
    /// A body.
    public init(account: String, password: String, doubtful: Bool? = nil) {
        self.account = account
        self.password = password
        self.doubtful = doubtful
    }
}

/// The lease of an instance.
public struct LeaseBody: Hashable, Sendable, Codable {
    /// The policy that renews it.
    public var policy: ID<LeasePolicyKind>
    /// When it is suspended if it runs; nil for never.
    public var suspendAt: APITime?
    /// When it is destroyed; nil for never.
    public var destroyAt: APITime?
    /// How often what is due could not be begun, or did not help; nil where nothing is overdue.
    public var tries: Int?
    /// When that is tried again; nil where nothing is overdue.
    public var nextTry: APITime?
    /// A body.
    public init(policy: ID<LeasePolicyKind>, suspendAt: APITime?, destroyAt: APITime?) {
        self.policy = policy
        self.suspendAt = suspendAt
        self.destroyAt = destroyAt
    }
}

/// What is left of an instance that was destroyed.
public struct TrashBody: Hashable, Sendable, Codable {
    /// Whether it can be recovered now.
    public var recoverable: Bool
    /// Until when that is sure; later it depends on how much room there is. Nil where it cannot.
    public var keptUntil: APITime?
    /// A body.
    public init(recoverable: Bool, keptUntil: APITime?) {
        self.recoverable = recoverable
        self.keptUntil = keptUntil
    }
}
