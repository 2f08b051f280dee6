// SPDX-License-Identifier: Apache-2.0

/// A person who signs in.
public struct User: Hashable, Sendable, Codable {
    /// The person.
    public var id: ID<UserKind>
    /// Grows by one with every change of the row (ETag); never sent to hosts.
    public var version: Int64
    /// What the site calls the person: a login name, unique, lower case.
    public var login: String
    /// The name for people.
    public var name: DisplayName
    /// The site role.
    public var role: SiteRole
    /// The group that is charged when no other is chosen.
    public var personalGroup: ID<GroupKind>
    /// SSH public keys, one OpenSSH line each; they log in to the machines that the person may use.
    public var keys: [String]

    /// A row with these values.
    public init(
        id: ID<UserKind>, version: Int64 = 1, login: String, name: DisplayName, role: SiteRole, personalGroup: ID<GroupKind>,
        keys: [String]
    ) {
        self.id = id
        self.version = version
        self.login = login
        self.name = name
        self.role = role
        self.personalGroup = personalGroup
        self.keys = keys
    }

    /// The columns of the row, spelled as the properties.
    public enum Column: String, CodingKey, CaseIterable, Sendable {
        case id, version, login, name, role, personalGroup, keys
    }
    /// The same list, for Codable.
    public typealias CodingKeys = Column
}

extension User {
    /// Whether a text can be a login: 1 to 64 of a-z, 0-9, `.`, `-`, `_` and `@`, the first a letter or digit.
    public static func isLogin(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        return (1...64).contains(text.utf8.count) && text.utf8.first.map(isPlain) ?? false
            && text.utf8.allSatisfy { isPlain($0) || ".-_@".utf8.contains($0) }
    }
}
