// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
public import CloudModel

/// The site: what it is, its networks, hosts, groups and people.
extension CloudClient {
    /// What answers there, and who the caller is to it. Open to all.
    public func discover() async throws -> Received<DiscoveryBody> { try await get(DiscoveryBody.self, "/v1") }
    /// The description of the API, `openapi.yaml`.
    public func openAPI() async throws -> [UInt8] {
        let answer = try await raw("GET", "/v1/openapi.yaml")
        if let error = answer.error { throw error }
        return answer.bytes
    }
    /// What the daemon counts and measures, in the words of Prometheus; for site operators.
    public func metrics() async throws -> String {
        let answer = try await raw("GET", "/metrics")
        if let error = answer.error { throw error }
        return String(decoding: answer.bytes, as: UTF8.self)
    }
    /// Whether the daemon lives.
    public func health() async throws -> Received<HealthBody> { try await get(HealthBody.self, "/healthz") }
    /// Whether it can work.
    public func readiness() async throws -> Received<HealthBody> { try await get(HealthBody.self, "/readyz") }

    /// Every code of a refusal, with its sentences.
    public func errorPages() -> Listing<ErrorPage> { list(ErrorPage.self, "/v1/errors", paged: false) }
    /// What is said about one code of a refusal.
    public func errorPage(_ code: String) async throws -> Received<ErrorPage> {
        try await get(ErrorPage.self, "/v1/errors/\(PercentCode.encoded(code))")
    }

    /// The networks that the caller may see.
    public func networks() -> Listing<NetworkBody> { list(NetworkBody.self, "/v1/networks") }
    /// One network.
    public func network(_ id: ID<NetworkKind>) async throws -> Received<NetworkBody> {
        try await get(NetworkBody.self, "/v1/networks/\(id)")
    }
    /// The lease policies that the caller may renew by.
    public func leasePolicies() -> Listing<LeasePolicyBody> { list(LeasePolicyBody.self, "/v1/lease-policies") }
    /// One lease policy.
    public func leasePolicy(_ id: ID<LeasePolicyKind>) async throws -> Received<LeasePolicyBody> {
        try await get(LeasePolicyBody.self, "/v1/lease-policies/\(id)")
    }
    /// The site's hosts; for site operators.
    public func hosts() -> Listing<HostBody> { list(HostBody.self, "/v1/hosts") }
    /// One host.
    public func host(_ id: ID<HostKind>) async throws -> Received<HostBody> { try await get(HostBody.self, "/v1/hosts/\(id)") }
    /// What is measured of a host now, a check each; for site operators. Takes seconds where the host is slow.
    public func findings(of id: ID<HostKind>) -> Listing<FindingBody> { list(FindingBody.self, "/v1/hosts/\(id)/findings", paged: false) }
    /// The groups that the caller is a member of.
    public func groups() -> Listing<GroupBody> { list(GroupBody.self, "/v1/groups") }

    /// The difference between the records and what is on the hosts; for site operators.
    public func audit() async throws -> Received<AuditBody> { try await get(AuditBody.self, "/v1/audit") }

    /// What was done and seen of an object, by its id, newest first: who may see it sees that, and people what was done to themselves.
    public func activities(ofObject object: String) -> Listing<ActivityBody> {
        list(ActivityBody.self, "/v1/activities", [("object", object)])
    }

    /// A backup of the records, piece after piece; for site operators. Gives the number of its bytes. Throws `ClientError.unexpected` where
    /// it broke off: what came until then is none. Not sent again, for the pieces of two backups do not go together.
    public func backup(_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Int64 {
        var call = OutgoingCall("GET", "/v1/admin/backup")
        call["Accept"] = "application/x-tar, \(Problem.mediaType)"
        (call.repeatable, call.streams) = (false, true)
        return try await exchange(call) { answer in
            guard answer.status == 200 else { throw Self.refusal(answer, try await Self.whole(answer)) }
            let (next, size) = (answer.body(), answer.fields["x-backup-size"].flatMap { Int64($0) })
            var count: Int64 = 0
            while let piece = try await next() {
                try write(piece)
                count += Int64(piece.count)
            }
            guard count == size else {
                throw ClientError.unexpected(status: answer.status, reason: "the backup broke off after \(count) bytes")
            }
            return count
        }
    }

    /// The people whom the caller may find.
    public func users() -> Listing<UserBody> { list(UserBody.self, "/v1/users") }
    /// One person.
    public func user(_ id: ID<UserKind>) async throws -> Received<UserBody> { try await get(UserBody.self, "/v1/users/\(id)") }
    /// Enters a person; for site operators. Not sent again after a lost connection, for the cloud remembers the keys of verbs only: look
    /// for the login first.
    public func createUser(_ request: CreateUserRequest) async throws -> Received<UserBody> {
        try await once(UserBody.self, "/v1/users", request)
    }
    /// Makes a bearer token; its text is in this answer and nowhere else. Not sent again after a lost connection: a second token would
    /// be left that nobody knows.
    public func createToken(_ request: CreateTokenRequest, for id: ID<UserKind>) async throws -> Received<TokenBody> {
        try await once(TokenBody.self, "/v1/users/\(id)/tokens", request)
    }
    /// The tokens of a person that were not revoked, without their texts; one's own, and anybody's for site operators.
    public func tokens(of id: ID<UserKind>) -> Listing<AccessTokenBody> { list(AccessTokenBody.self, "/v1/users/\(id)/tokens") }
    /// Revokes a token of a person: the next call with it is refused, and what it opened ends. A repeat is harmless.
    public func revokeToken(_ token: ID<TokenKind>, of id: ID<UserKind>) async throws -> Received<AccessTokenBody> {
        try await fetch(AccessTokenBody.self, OutgoingCall("DELETE", "/v1/users/\(id)/tokens/\(token)"))
    }
    /// Replaces the SSH public keys of a person, all of them.
    public func setKeys(_ keys: [String], of id: ID<UserKind>, ifMatch: String? = nil) async throws -> Received<UserBody> {
        try await fetch(UserBody.self, try written("PUT", "/v1/users/\(id)/keys", SetKeysRequest(keys: keys), ifMatch: ifMatch))
    }
}
