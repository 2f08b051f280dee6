// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// A virtual network.
public struct NetworkBody: Hashable, Sendable, Codable {
    /// The network.
    public var id: ID<NetworkKind>
    /// The name for people.
    public var name: String
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// VLAN tag.
    public var vlan: Int
    /// The guests' addresses as CIDR.
    public var ipv4: String
    /// The gateway inside.
    public var gateway: String
    /// The upper half of the guests' IPv6 addresses; nil for none.
    public var ipv6Prefix: String?
    /// The domain of the guests' names.
    public var domain: String
    /// The lowest public port that may be forwarded.
    public var firstPublicPort: UInt16
    /// The highest.
    public var lastPublicPort: UInt16
    /// The body of a row.
    public init(_ row: Network) {
        id = row.id
        name = row.name.text
        owner = row.owner
        group = row.group
        vlan = row.vlan
        ipv4 = row.ipv4.description
        gateway = row.gateway.description
        ipv6Prefix = row.ipv6Prefix?.description
        domain = row.domain
        firstPublicPort = row.firstPublicPort
        lastPublicPort = row.lastPublicPort
    }
}

/// Two intervals that a lease is renewed by.
public struct LeasePolicyBody: Hashable, Sendable, Codable {
    /// The policy.
    public var id: ID<LeasePolicyKind>
    /// The name for people.
    public var name: String
    /// The owner of record.
    public var owner: ID<UserKind>
    /// How long after a renewal a running instance is suspended, in seconds; nil for never.
    public var suspendAfter: Int64?
    /// How long after a renewal an instance is destroyed, in seconds; nil for never.
    public var destroyAfter: Int64?
    /// The body of a row.
    public init(_ row: LeasePolicy) {
        func seconds(_ interval: LeaseInterval) -> Int64? {
            switch interval {
            case .never: nil
            case .after(let duration): duration.components.seconds
            }
        }
        id = row.id
        name = row.name.text
        owner = row.owner
        suspendAfter = seconds(row.intervals.suspendAfter)
        destroyAfter = seconds(row.intervals.destroyAfter)
    }
}

/// A machine that runs instances.
public struct HostBody: Hashable, Sendable, Codable {
    /// The host.
    public var id: ID<HostKind>
    /// The name for people.
    public var name: String
    /// What operators allow it: `active`, `passive` or `disabled`.
    public var state: String
    /// Memory that belongs to the host itself.
    public var reserve: ByteCount
    /// Virtual processors per real one, at most.
    public var cpuRatio: Int
    /// Whether its word is fresh.
    public var reachable: Bool
    /// When it was last heard; nil before the first word.
    public var seenAt: APITime?
    /// Real processors; nil before the first word.
    public var cpus: Int?
    /// Real memory; nil before the first word.
    public var memory: ByteCount?
    /// Free space of its store; nil before the first word.
    public var freeDisk: ByteCount?
    /// The body of a row with the host's newest word.
    public init(_ row: CloudHost, evidence: HostEvidence?, reachable: Bool) {
        id = row.id
        name = row.name.text
        state = row.state.rawValue
        reserve = row.reserve
        cpuRatio = row.cpuRatio
        self.reachable = reachable
        seenAt = evidence.map { APITime($0.seenAt) }
        cpus = evidence?.cpus.count
        memory = evidence?.memory
        freeDisk = evidence?.freeDisk
    }
}

/// What resources are charged to.
public struct GroupBody: Hashable, Sendable, Codable {
    /// The group.
    public var id: ID<GroupKind>
    /// The name for people.
    public var name: String
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The body of a row.
    public init(_ row: Group) {
        id = row.id
        name = row.name.text
        owner = row.owner
    }
}

/// A person who signs in.
public struct UserBody: Hashable, Sendable, Codable {
    /// The person.
    public var id: ID<UserKind>
    /// The login name.
    public var login: String
    /// The name for people.
    public var name: String
    /// The site role.
    public var role: String
    /// The group that is charged when no other is chosen.
    public var personalGroup: ID<GroupKind>
    /// SSH public keys.
    public var keys: [String]
    /// The body of a row.
    public init(_ row: User) {
        id = row.id
        login = row.login
        name = row.name.text
        role = row.role.rawValue
        personalGroup = row.personalGroup
        keys = row.keys
    }
}

/// A new bearer token. Its text is shown this once and is nowhere kept.
public struct TokenBody: Hashable, Sendable, Codable {
    /// The token.
    public var id: ID<TokenKind>
    /// Whose.
    public var user: ID<UserKind>
    /// What it is for.
    public var label: String
    /// When it ends; nil for never.
    public var expiresAt: APITime?
    /// What to send behind `Authorization: Bearer`.
    public var token: String
    /// The body of a row with its text.
    public init(_ row: AccessToken, token: String) {
        id = row.id
        user = row.user
        label = row.label
        expiresAt = row.expiresAt.map(APITime.init)
        self.token = token
    }
}

/// A bearer token without its text, which nobody has but who was given it.
public struct AccessTokenBody: Hashable, Sendable, Codable {
    /// The token.
    public var id: ID<TokenKind>
    /// Whose.
    public var user: ID<UserKind>
    /// What it is for.
    public var label: String
    /// When it was made.
    public var createdAt: APITime
    /// When it ends, or ended; nil for never.
    public var expiresAt: APITime?
    /// The body of a row.
    public init(_ row: AccessToken) {
        id = row.id
        user = row.user
        label = row.label
        createdAt = APITime(row.createdAt)
        expiresAt = row.expiresAt.map(APITime.init)
    }
}

/// What was done or seen.
public struct ActivityBody: Hashable, Sendable, Codable {
    /// The activity.
    public var id: ID<ActivityKind>
    /// What it is about.
    public var object: String
    /// A verb or an observation.
    public var code: String
    /// What its sentence needs.
    public var parameters: [String: String]
    /// Who; nil for the cloud itself.
    public var actor: ID<UserKind>?
    /// The operation; nil for an observation.
    public var operation: ID<OperationKind>?
    /// When it began.
    public var startedAt: APITime
    /// When it ended; nil while it lasts.
    public var endedAt: APITime?
    /// Why it failed; nil where it did not.
    public var failure: Problem?
    /// The body of a row in a language.
    public init(_ row: Activity, in language: Language) {
        id = row.id
        object = row.object
        code = row.code
        parameters = row.parameters
        actor = row.actor
        operation = row.operation
        startedAt = APITime(row.startedAt)
        endedAt = row.endedAt.map(APITime.init)
        failure = row.outcome.map { Problem($0, in: language) }
    }
}
