// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/images`: judge an upload and keep it as an image.
public struct ImportImageRequest: APIRequest, Hashable {
    /// The name for people.
    public var name: String
    /// The bytes, as `POST /v1/uploads` named them.
    public var upload: ID<UploadKind>
    /// What they are; never guessed.
    public var format: ImageFormat
    /// SHA-256 of the bytes as the caller knows it, 64 lower-case hexadecimal digits; another hash is a refusal.
    public var sha256: String?
    /// The charged group; the caller's personal one where it is left out.
    public var group: ID<GroupKind>?

    /// A request.
    public init(name: String, upload: ID<UploadKind>, format: ImageFormat, sha256: String? = nil, group: ID<GroupKind>? = nil) {
        self.name = name
        self.upload = upload
        self.format = format
        self.sha256 = sha256
        self.group = group
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .required("name", .string), .required("upload", .string), .required("format", .word(of: ImageFormat.self)),
        .optional("sha256", .string),
        .optional("group", .string),
    ])
}

/// `POST /v1/templates`.
public struct CreateTemplateRequest: APIRequest, Hashable {
    /// The name for people.
    public var name: String
    /// What disks lie on.
    public var image: ID<ImageKind>
    /// Virtual processors of an instance.
    public var cpus: CPUCount
    /// Memory of an instance in bytes.
    public var memory: ByteCount
    /// Size of an instance's disk in bytes; the image's where it is left out.
    public var disk: ByteCount?
    /// The network; the site's first where it is left out.
    public var network: ID<NetworkKind>?
    /// The lease policy; the site's default where it is left out.
    public var leasePolicy: ID<LeasePolicyKind>?
    /// How people get in; SSH as root where it is left out.
    public var access: AccessMethod?
    /// What the guest's agent is to it; `required` where it is left out.
    public var agent: AgentUse?
    /// When it is ready; where it is left out `agent` with a required agent, `port` without, and `running` where the port is UDP's.
    public var readiness: Readiness?
    /// What it is given to read when it boots; nothing where it is left out.
    public var firstBoot: FirstBootUse?
    /// Who may use it besides its owner: ids of people or groups, people also by their whole login; nobody where it is left out.
    public var sharedWith: [String]?
    /// The charged group; the caller's personal one where it is left out.
    public var group: ID<GroupKind>?

    /// A request.
    public init(
        name: String, image: ID<ImageKind>, cpus: CPUCount, memory: ByteCount, disk: ByteCount? = nil,
        network: ID<NetworkKind>? = nil, leasePolicy: ID<LeasePolicyKind>? = nil, access: AccessMethod? = nil, agent: AgentUse? = nil,
        readiness: Readiness? = nil, firstBoot: FirstBootUse? = nil, sharedWith: [String]? = nil, group: ID<GroupKind>? = nil
    ) {
        self.name = name
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
        self.sharedWith = sharedWith
        self.group = group
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .required("name", .string), .required("image", .string), .required("cpus", .integer(1...1024)), .required("memory", .amount),
        .optional("disk", .amount), .optional("network", .string), .optional("leasePolicy", .string),
        .optional(
            "access",
            .object([.required("transport", .word(of: Transport.self)), .required("port", .port), .required("account", .string)])),
        .optional("agent", .word(of: AgentUse.self)), .optional("readiness", .word(of: Readiness.self)),
        .optional("firstBoot", .word(of: FirstBootUse.self)),
        .optional("sharedWith", .array(.string, atMost: 100)), .optional("group", .string),
    ])
}

/// `POST /v1/templates/{id}/publish-revision` and `…/retire-revision`.
public struct RevisionRequest: APIRequest, Hashable {
    /// The number of the revision.
    public var revision: Int

    /// A request.
    public init(revision: Int) { self.revision = revision }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("revision", .integer(1...1_000_000))])
}
