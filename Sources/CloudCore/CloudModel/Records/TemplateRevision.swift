// SPDX-License-Identifier: Apache-2.0

/// How people get into a machine.
public struct AccessMethod: Hashable, Sendable, Codable {
    /// The transport protocol.
    public let transport: Transport
    /// The port in the guest that answers.
    public let port: UInt16
    /// The account that people log in to.
    public let account: String
    /// A way in.
    public init(transport: Transport, port: UInt16, account: String) {
        self.transport = transport
        self.port = port
        self.account = account
    }
    /// SSH as root.
    public static let ssh = AccessMethod(transport: .tcp, port: 22, account: "root")

    /// Whether a text can be an account of a guest: 1 to 32 of letters, digits, `.`, `-` and `_`, the first a letter or `_` (what Linux's
    /// useradd takes, and Windows' usual names).
    public static func isAccount(_ text: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { byte == 0x5F || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
        return (1...32).contains(text.utf8.count) && text.utf8.first.map(isLetter) ?? false
            && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || ".-".utf8.contains($0) }
    }
}

/// What the guest's agent is to a template.
public enum AgentUse: String, Hashable, Sendable, Codable, CaseIterable {
    /// Machines have it, and verbs rely on it.
    case required
    /// Machines may have it.
    case optional
    /// Machines do not have it; nobody waits for it.
    case none
}

/// When a machine counts as ready.
public enum Readiness: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its address is bound, its agent answers and its access port answers.
    case agent
    /// Its access port answers.
    case port
    /// Its domain runs.
    case running
}

extension Readiness {
    /// By what a machine can be seen to be ready, as far as its agent and the way into it allow.
    public static func usual(_ access: AccessMethod, _ agent: AgentUse) -> Readiness {
        if access.transport == .udp { return .running }
        return agent == .required ? .agent : .port
    }
}

/// What a machine is given to read at its boots, so that an unchanged cloud image becomes a machine of somebody's.
public enum FirstBootUse: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing: the image knows by itself, or the agent is told.
    case none
    /// A volume for cloud-init (NoCloud) with host name, keys, password and network. The password logs in at the console alone.
    case nocloud
    /// The same, and the password logs in over the network too.
    case nocloudPassword = "nocloud-password"
}

/// What a revision of a template is for (Apache VCL).
///
/// ```
///  draft ── published ──▶ production ── another is published, or retired ──▶ retired ── published ──▶ production
///  draft ── retired ──▶ retired
/// ```
public enum RevisionState: String, Hashable, Sendable, Codable, CaseIterable {
    /// To be tried by those who work on the template.
    case draft
    /// What instances are made from: one at most.
    case production
    /// Kept for the instances that were made from it.
    case retired
}

/// One numbered recipe of a template, unchanging but for its state (Apache VCL).
public struct TemplateRevision: Hashable, Sendable, Codable {
    /// `template/number`.
    public var id: String
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// The template.
    public var template: ID<TemplateKind>
    /// 1, 2, 3 …
    public var number: Int
    /// What it is for.
    public var state: RevisionState
    /// What disks lie on.
    public var image: ID<ImageKind>
    /// Virtual processors of an instance.
    public var cpus: CPUCount
    /// Memory of an instance.
    public var memory: ByteCount
    /// Size of an instance's disk; at least the image's.
    public var disk: ByteCount
    /// The network of its port.
    public var network: ID<NetworkKind>
    /// The policy of its lease.
    public var leasePolicy: ID<LeasePolicyKind>
    /// How people get in.
    public var access: AccessMethod
    /// What the guest's agent is to it.
    public var agent: AgentUse
    /// When it is ready.
    public var readiness: Readiness
    /// What its machines are given to read when they boot.
    public var firstBoot: FirstBootUse
    /// When it was made.
    public var createdAt: Timestamp

    /// A row with these values.
    public init(
        id: String, version: Int64 = 1, template: ID<TemplateKind>, number: Int, state: RevisionState = .production,
        image: ID<ImageKind>, cpus: CPUCount,
        memory: ByteCount, disk: ByteCount, network: ID<NetworkKind>, leasePolicy: ID<LeasePolicyKind>, access: AccessMethod,
        agent: AgentUse, readiness: Readiness, firstBoot: FirstBootUse = .none, createdAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.template = template
        self.number = number
        self.state = state
        self.image = image
        self.cpus = cpus
        self.memory = memory
        self.disk = disk
        self.network = network
        self.leasePolicy = leasePolicy
        self.access = access
        self.agent = agent
        self.readiness = readiness
        self.firstBoot = firstBoot
        self.createdAt = createdAt
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, template, number, state, image, cpus, memory, disk, network, leasePolicy, access, agent, readiness, firstBoot,
            createdAt
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}
