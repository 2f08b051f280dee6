// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// `POST /v1/users`: for site operators.
public struct CreateUserRequest: APIRequest, Hashable {
    /// The login name: lower case, unique.
    public var login: String
    /// The name for people; the login where it is left out.
    public var name: String?
    /// The site role; `end-user` where it is left out.
    public var role: SiteRole?

    /// A request.
    public init(login: String, name: String? = nil, role: SiteRole? = nil) {
        self.login = login
        self.name = name
        self.role = role
    }

    /// The declared fields.
    public static let shape = JSONShape.object([
        .required("login", .string), .optional("name", .string), .optional("role", .word(of: SiteRole.self)),
    ])
}

/// `POST /v1/users/{id}/tokens`: for oneself and for site operators.
public struct CreateTokenRequest: APIRequest, Hashable {
    /// What the token is for.
    public var label: String
    /// From when on it is refused; never where it is left out.
    public var expiresAt: APITime?

    /// A request.
    public init(label: String, expiresAt: APITime? = nil) {
        self.label = label
        self.expiresAt = expiresAt
    }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("label", .string), .optional("expiresAt", .string)])
}

/// `PUT /v1/users/{id}/keys`: the SSH public keys that log in to the person's machines, all of them.
public struct SetKeysRequest: APIRequest, Hashable {
    /// One OpenSSH line each.
    public var keys: [String]

    /// A request.
    public init(keys: [String]) { self.keys = keys }

    /// The declared fields.
    public static let shape = JSONShape.object([.required("keys", .array(.string, atMost: 100))])
}
