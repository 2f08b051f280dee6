// SPDX-License-Identifier: Apache-2.0

/// How much a person may do with one object: *user* < *operator* < *owner* (CIRCLE). A level implies the lower ones (invariant I29).
public enum Level: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
    /// Sees it, its screenshot and address.
    case user
    /// Also runs verbs, console, password, keys, ports, renewal.
    case `operator`
    /// May do all.
    case owner

    /// The order user < operator < owner.
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    private var rank: Int {
        switch self {
        case .user: 0
        case .operator: 1
        case .owner: 2
        }
    }
}

/// A permission that a site role carries, independent of the levels on objects.
public enum Permission: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
    /// Create instances from templates that one may use.
    case createInstance = "create-instance"
    /// Import images and publish templates to others.
    case publishTemplate = "publish-template"
    /// Choose processors and memory beyond the template's.
    case setResources = "set-resources"
    /// See and steer hosts and every object of the site.
    case operateHosts = "operate-hosts"

    /// By name: lists of permissions have one order.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A named set of permissions.
public enum SiteRole: String, Hashable, Sendable, Codable, CaseIterable {
    /// A student: creates instances.
    case endUser = "end-user"
    /// A teacher: also imports images and publishes templates.
    case teacher
    /// Runs the site: all permissions.
    case siteOperator = "site-operator"

    /// What the role carries.
    public var permissions: Set<Permission> {
        switch self {
        case .endUser: [.createInstance]
        case .teacher: [.createInstance, .publishTemplate, .setResources]
        case .siteOperator: Set(Permission.allCases)
        }
    }
}
