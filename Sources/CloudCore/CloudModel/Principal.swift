// SPDX-License-Identifier: Apache-2.0

/// Who asks: every operation and every query takes one. It is read from the store for each request, so a role taken away holds at
/// once (invariant I31).
public struct Principal: Hashable, Sendable, Codable {
    /// The person.
    public let user: ID<UserKind>
    /// The groups of which the person is a member, their personal one included, in order of the ids.
    public let groups: [ID<GroupKind>]
    /// The site role.
    public let role: SiteRole

    /// A person with groups and a role.
    public init(user: ID<UserKind>, groups: [ID<GroupKind>], role: SiteRole) {
        self.user = user
        self.groups = groups.sorted()
        self.role = role
    }

    /// Whether the role carries the permission.
    public func holds(_ permission: Permission) -> Bool { role.permissions.contains(permission) }
    /// The texts under which grants may name this person: the user's id and the groups' ids.
    public var subjects: [String] { [user.text] + groups.map(\.text) }
}
