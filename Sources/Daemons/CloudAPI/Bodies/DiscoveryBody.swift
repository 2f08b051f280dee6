// SPDX-License-Identifier: Apache-2.0

/// `GET /v1`: what this daemon is and can do.
public struct DiscoveryBody: Hashable, Sendable, Codable {
    /// `lyceum`.
    public var name: String
    /// The daemon's version.
    public var version: String
    /// What clients may rely on beyond the first version of `/v1`.
    public var features: [String]
    /// Ways to sign in: `bearer`, `unix-peer`.
    public var signIn: [String]
    /// Languages of texts.
    public var languages: [String]
    /// Where things are.
    public var links: [String: String]
    /// Who asks; nil for one who is not signed in.
    public var user: UserBody?
    /// A body.
    public init(version: String, features: [String], signIn: [String], links: [String: String], user: UserBody? = nil) {
        name = "lyceum"
        self.version = version
        self.features = features
        self.signIn = signIn
        languages = Language.allCases.map(\.rawValue)
        self.links = links
        self.user = user
    }
}

/// `GET /healthz`, `GET /readyz`.
public struct HealthBody: Hashable, Sendable, Codable {
    /// `ok`, or why not.
    public var status: String
    /// A body.
    public init(status: String) { self.status = status }
}
