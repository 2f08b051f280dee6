// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/instances`: one instance, or a batch in one request with one quota check for the whole.
public struct CreateInstancesRequest: APIRequest, Hashable {
    /// What to make it from.
    public var template: ID<TemplateKind>
    /// Which revision of it; the one in production where it is left out. Others are for those who work on the template.
    public var revision: Int?
    /// The name; for a batch a pattern with one `%d` or `%02d`, counted from 1. Nil lets the cloud choose.
    public var name: String?
    /// The host name of a single instance; `vm-` and eight characters where it is left out.
    public var hostname: String?
    /// How many; 1 where it is left out.
    public var count: Int?
    /// The charged group; the caller's personal one where it is left out.
    public var group: ID<GroupKind>?
    /// Whether to start them too; false where it is left out.
    public var start: Bool?

    /// A request.
    public init(
        template: ID<TemplateKind>, revision: Int? = nil, name: String? = nil, hostname: String? = nil, count: Int? = nil,
        group: ID<GroupKind>? = nil, start: Bool? = nil
    ) {
        self.template = template
        self.revision = revision
        self.name = name
        self.hostname = hostname
        self.count = count
        self.group = group
        self.start = start
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .required("template", .string), .optional("revision", .integer(1...1_000_000)), .optional("name", .string),
        .optional("hostname", .string),
        .optional("count", .integer(1...Int64(BatchLimits.instances))),
        .optional("group", .string),
        .optional("start", .boolean),
    ])
}

/// `POST /v1/instances/{id}/forwarded-ports`.
public struct OpenForwardedPortRequest: APIRequest, Hashable {
    /// The guest's port.
    public var targetPort: UInt16
    /// `tcp` where it is left out.
    public var transport: Transport?
    /// The public port; a free one where it is left out.
    public var publicPort: UInt16?

    /// A request.
    public init(targetPort: UInt16, transport: Transport? = nil, publicPort: UInt16? = nil) {
        self.targetPort = targetPort
        self.transport = transport
        self.publicPort = publicPort
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .required("targetPort", .port), .optional("transport", .word(of: Transport.self)), .optional("publicPort", .port),
    ])
}

/// `PATCH /v1/instances/{id}`, a merge patch (RFC 7396): what is left out stays, null takes away.
public struct UpdateInstanceRequest: APIRequest, Hashable {
    /// The name; nil where it stays. It cannot be taken away.
    public var name: String?
    /// The description, empty for none; nil where it stays.
    public var description: String?
    /// All tags that are to be, empty for none; nil where they stay.
    public var tags: [String]?

    /// A request.
    public init(name: String? = nil, description: String? = nil, tags: [String]? = nil) {
        self.name = name
        self.description = description
        self.tags = tags
    }

    /// Reads a merge patch: null and nothing differ.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func given<Value: Decodable>(_ key: CodingKeys, orNull nothing: Value) throws -> Value? {
            container.contains(key) ? try container.decodeIfPresent(Value.self, forKey: key) ?? nothing : nil
        }
        // An empty name is refused as such, with its reason.
        name = try given(.name, orNull: "")
        description = try given(.description, orNull: "")
        tags = try given(.tags, orNull: [])
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .optional("name", .string), .optional("description", .string), .optional("tags", .array(.string, atMost: Tag.most)),
    ])
}

/// `POST /v1/instances/{id}/install-keys`: the running guest is told by which keys people log in, after the instance's own have changed.
public struct InstallKeysRequest: APIRequest, Hashable {
    /// Keys of the instance's own that are added, one OpenSSH line each; none where it is left out.
    public var install: [String]?
    /// Keys of the instance's own that are taken away; none where it is left out.
    public var remove: [String]?

    /// A request.
    public init(install: [String]? = nil, remove: [String]? = nil) {
        self.install = install
        self.remove = remove
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .optional("install", .array(.string, atMost: 100)), .optional("remove", .array(.string, atMost: 100)),
    ])
}

/// `POST /v1/instances/{id}/set-password`.
public struct SetPasswordRequest: APIRequest, Hashable, CustomStringConvertible {
    /// The password, of 8 to 128 printable ASCII characters; one of 20 is made where it is left out.
    public var password: String?

    /// A request.
    public init(password: String? = nil) { self.password = password }

    /// Never the password.
    public var description: String { "SetPasswordRequest" }

    /// The declared fields.
    public static let shape = JSONShape.object([.optional("password", .string)])
}

/// The body of verbs that need no more than their object: `{}`, or nothing.
public struct EmptyRequest: APIRequest, Hashable {
    /// A request.
    public init() {}
    /// No fields.
    public static let shape = JSONShape.object([])
}
