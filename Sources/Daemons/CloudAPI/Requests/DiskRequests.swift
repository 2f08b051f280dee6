// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/instances/{id}/attach-disk`: a new disk of a size, or one that is there.
public struct AttachDiskRequest: APIRequest, Hashable {
    /// The size of a new disk in bytes; left out where `disk` is given.
    public var size: ByteCount?
    /// A data disk that no instance has; left out where `size` is given.
    public var disk: ID<DiskKind>?

    /// A request.
    public init(size: ByteCount? = nil, disk: ID<DiskKind>? = nil) {
        self.size = size
        self.disk = disk
    }

    /// The declared fields.
    public static let shape = JSONShape.object([.optional("size", .size), .optional("disk", .string)])
}

/// `POST /v1/instances/{id}/detach-disk`.
public struct DetachDiskRequest: APIRequest, Hashable {
    /// Which of its disks.
    public var disk: ID<DiskKind>

    /// A request.
    public init(disk: ID<DiskKind>) { self.disk = disk }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("disk", .string)])
}

/// `POST /v1/instances/{id}/grow-disk`.
public struct GrowDiskRequest: APIRequest, Hashable {
    /// Which of its disks.
    public var disk: ID<DiskKind>
    /// The new size in bytes.
    public var size: ByteCount

    /// A request.
    public init(disk: ID<DiskKind>, size: ByteCount) {
        self.disk = disk
        self.size = size
    }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("disk", .string), .required("size", .size)])
}

/// `POST /v1/instances/{id}/resize`.
public struct ResizeInstanceRequest: APIRequest, Hashable {
    /// Virtual processors; as many as it has where it is left out.
    public var cpus: CPUCount?
    /// Memory in bytes; as much as it has where it is left out.
    public var memory: ByteCount?
    /// Whether a guest that runs is shut down and started again; false where it is left out, and then it is refused.
    public var restart: Bool?

    /// A request.
    public init(cpus: CPUCount? = nil, memory: ByteCount? = nil, restart: Bool? = nil) {
        self.cpus = cpus
        self.memory = memory
        self.restart = restart
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .optional("cpus", .integer(1...1024)), .optional("memory", .size), .optional("restart", .boolean),
    ])
}

/// `POST /v1/instances/{id}/save-as-template`: a new template by a name, or a new revision of one that is there.
public struct SaveAsTemplateRequest: APIRequest, Hashable {
    /// The name of a new template; left out where `template` is given.
    public var name: String?
    /// A template that is there; left out where `name` is given.
    public var template: ID<TemplateKind>?

    /// A request.
    public init(name: String? = nil, template: ID<TemplateKind>? = nil) {
        self.name = name
        self.template = template
    }

    /// The declared fields.
    public static let shape = JSONShape.object([.optional("name", .string), .optional("template", .string)])
}
