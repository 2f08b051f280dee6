// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/instances/{id}/renew`.
public struct RenewInstanceRequest: APIRequest, Hashable {
    /// The policy to renew by; the instance's own where it is left out.
    public var policy: ID<LeasePolicyKind>?
    /// Whether that policy is the instance's own from now on; false where it is left out.
    public var keepPolicy: Bool?
    /// Whether a date may move earlier; false where it is left out.
    public var force: Bool?

    /// A request.
    public init(policy: ID<LeasePolicyKind>? = nil, keepPolicy: Bool? = nil, force: Bool? = nil) {
        self.policy = policy
        self.keepPolicy = keepPolicy
        self.force = force
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .optional("policy", .string), .optional("keepPolicy", .boolean), .optional("force", .boolean),
    ])
}

/// `POST /v1/instances/renew`: a set at once, with one result per member.
public struct RenewInstancesRequest: APIRequest, Hashable {
    /// Which.
    public var instances: [ID<InstanceKind>]
    /// The policy to renew by; each one's own where it is left out.
    public var policy: ID<LeasePolicyKind>?
    /// Whether that policy is their own from now on; false where it is left out.
    public var keepPolicy: Bool?
    /// Whether a date may move earlier; false where it is left out.
    public var force: Bool?

    /// A request.
    public init(instances: [ID<InstanceKind>], policy: ID<LeasePolicyKind>? = nil, keepPolicy: Bool? = nil, force: Bool? = nil) {
        self.instances = instances
        self.policy = policy
        self.keepPolicy = keepPolicy
        self.force = force
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .required("instances", .array(.string, atMost: BatchLimits.instances)), .optional("policy", .string),
        .optional("keepPolicy", .boolean), .optional("force", .boolean),
    ])
}
