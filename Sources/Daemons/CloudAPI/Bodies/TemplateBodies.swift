// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// Bytes that were sent and are not yet an image.
public struct UploadBody: Hashable, Sendable, Codable {
    /// The upload: what `POST /v1/images` names.
    public var id: ID<UploadKind>
    /// How many bytes were kept.
    public var size: ByteCount
    /// Their SHA-256, 64 lower-case hexadecimal digits; nil where it was not computed on the way.
    public var sha256: String?
    /// A body.
    public init(id: ID<UploadKind>, size: ByteCount, sha256: String? = nil) {
        self.id = id
        self.size = size
        self.sha256 = sha256
    }
}

/// Immutable bytes of a disk.
public struct ImageBody: Hashable, Sendable, Codable {
    /// The image.
    public var id: ID<ImageKind>
    /// The name for people.
    public var name: String
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// `importing` or `available`.
    public var state: String
    /// `qcow2` or `raw`.
    public var format: String
    /// The size of the disk in it; zero until it is available.
    public var virtualSize: ByteCount
    /// The size of its file; zero until it is available.
    public var fileSize: ByteCount
    /// SHA-256 of its file; nil until it is available.
    public var sha256: String?
    /// When it was asked for.
    public var createdAt: APITime
    /// The body of a row.
    public init(_ row: Image) {
        id = row.id
        name = row.name.text
        owner = row.owner
        group = row.group
        state = row.state.rawValue
        format = row.format.rawValue
        virtualSize = row.virtualSize
        fileSize = row.fileSize
        sha256 = row.sha256.isEmpty ? nil : row.sha256
        createdAt = APITime(row.createdAt)
    }
}

/// What instances are made from.
public struct TemplateBody: Hashable, Sendable, Codable {
    /// The template.
    public var id: ID<TemplateKind>
    /// The name for people.
    public var name: String
    /// The owner of record.
    public var owner: ID<UserKind>
    /// The charged group.
    public var group: ID<GroupKind>
    /// The revision that new instances are made from.
    public var production: RevisionBody?
    /// All revisions, in the order of their numbers.
    public var revisions: [RevisionBody]
    /// When it was made.
    public var createdAt: APITime
    /// The body of a row with its revisions.
    public init(_ row: Template, _ all: [TemplateRevision]) {
        id = row.id
        name = row.name.text
        owner = row.owner
        group = row.group
        production = all.first { $0.number == row.production }.map(RevisionBody.init)
        revisions = all.map(RevisionBody.init)
        createdAt = APITime(row.createdAt)
    }
}

/// One numbered recipe of a template.
public struct RevisionBody: Hashable, Sendable, Codable {
    /// 1, 2, 3 …
    public var number: Int
    /// `draft`, `production` or `retired`.
    public var state: String
    /// What disks lie on.
    public var image: ID<ImageKind>
    /// Virtual processors of an instance.
    public var cpus: Int
    /// Memory of an instance.
    public var memory: ByteCount
    /// Size of an instance's disk.
    public var disk: ByteCount
    /// The network of its port.
    public var network: ID<NetworkKind>
    /// The policy of its lease.
    public var leasePolicy: ID<LeasePolicyKind>
    /// How people get in.
    public var access: AccessBody
    /// `required`, `optional` or `none`.
    public var agent: String
    /// `agent`, `port` or `running`.
    public var readiness: String
    /// `none`, `nocloud` or `nocloud-password`.
    public var firstBoot: String
    /// The body of a row.
    public init(_ row: TemplateRevision) {
        number = row.number
        state = row.state.rawValue
        image = row.image
        cpus = row.cpus.count
        memory = row.memory
        disk = row.disk
        network = row.network
        leasePolicy = row.leasePolicy
        access = AccessBody(row.access)
        agent = row.agent.rawValue
        readiness = row.readiness.rawValue
        firstBoot = row.firstBoot.rawValue
    }
}

/// How people get into an instance: words as texts, for a client meets ones that are younger than it is.
public struct AccessBody: Hashable, Sendable, Codable {
    /// The transport protocol: `tcp` or `udp`.
    public var transport: String
    /// The port in the guest that answers.
    public var port: UInt16
    /// The account that people log in to.
    public var account: String
    /// The body of a model's value.
    public init(_ access: AccessMethod) {
        transport = access.transport.rawValue
        port = access.port
        account = access.account
    }
}
