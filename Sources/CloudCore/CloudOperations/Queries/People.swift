// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

// Who asks, and who may be asked about.

extension Cloud {
    /// The principal of a person, read anew for each request, so that what was taken away is gone at once (invariant I31).
    public func principal(of user: ID<UserKind>) async throws -> Principal {
        try await world.store.read { view in try view.principal(of: try view.users.get(user)) }
    }

    /// The principal of a login name; throws `not-signed-in` where there is none.
    public func principal(login: String) async throws -> Principal {
        try await world.store.read { view in
            guard let user = try view.users.first(.equals(.login, .text(login))) else { throw CloudError(.notSignedIn) }
            return try view.principal(of: user)
        }
    }

    /// Somebody who is known.
    public struct SignedIn: Sendable, Hashable {
        /// Who.
        public let principal: Principal
        /// The token that they showed; nil for who is known without one.
        public let token: ID<TokenKind>?
        /// Somebody, by a token.
        public init(_ principal: Principal, token: ID<TokenKind>? = nil) {
            self.principal = principal
            self.token = token
        }
    }

    /// Who shows a bearer token, by the hash of its text; throws `not-signed-in` for an unknown or revoked one, `token-expired` for one
    /// whose time is over: who has its text may know that.
    public func authenticate(tokenHash: String) async throws -> SignedIn {
        let now = world.clock.now()
        return try await world.store.read { view in
            guard let token = try view.accessTokens.first(.equals(.hash, .text(tokenHash))), !token.revoked,
                let user = try view.users.find(token.user)
            else { throw CloudError(.notSignedIn) }
            if token.isOver(at: now) { throw CloudError(.tokenExpired, ["token": token.id.text, "label": token.label]) }
            return SignedIn(try view.principal(of: user), token: token.id)
        }
    }

    /// Whether the token by which somebody signed in is still good, neither revoked nor over; always so without one. Whatever outlasts
    /// its call, a stream or a console, asks this time and again (invariant I31).
    public func isGood(_ token: ID<TokenKind>?) async throws -> Bool {
        guard let token else { return true }
        let now = world.clock.now()
        return try await world.store.read { view in
            guard let row = try view.accessTokens.find(token) else { return false }
            return !row.revoked && !row.isOver(at: now)
        }
    }

    /// A person, for themselves and for site operators; for others there is none.
    public func user(_ id: ID<UserKind>, for principal: Principal) async throws -> User {
        try await world.store.read { try $0.user(id, for: principal) }
    }

    /// All people, in order of their ids, for site operators; for others only themselves.
    public func users(for principal: Principal, after: String? = nil, limit: Int = 100) async throws -> Page<User> {
        try await world.store.read { view in
            let mine: [Condition<User>] = principal.holds(.operateHosts) ? [] : [.equals(.id, .id(principal.user))]
            return try view.page(User.self, .id, mine, after: after, limit: limit)
        }
    }

    /// Enters a person, with a personal group, as a member of everybody; without a name the login is the name. Site operators only.
    /// Throws `name-taken`.
    public func createUser(login: String, name: DisplayName?, role: SiteRole, by principal: Principal) async throws -> User {
        try await createUser(login: login, name: name, role: role, key: nil, by: principal).value
    }

    /// As ``createUser(login:name:role:by:)``, once under a key.
    public func createUser(
        login: String, name: DisplayName?, role: SiteRole, key: RequestKey?, by principal: Principal
    ) async throws -> Answered<User> {
        guard principal.holds(.operateHosts) else {
            throw CloudError(.denied, ["verb": "create-user", "object": "the site", "needed": Permission.operateHosts.rawValue])
        }
        guard User.isLogin(login) else {
            throw CloudError(.invalidField, ["pointer": "/login", "reason": "a login has 1 to 64 lower-case letters, digits, . - _ @"])
        }
        let name = try name ?? DisplayName(login)
        let user = User(
            id: world.ids.next(UserKind.self), login: login, name: name, role: role, personalGroup: world.ids.next(GroupKind.self), keys: []
        )
        let activity = world.ids.next(ActivityKind.self)
        let now = world.clock.now()
        return try await once(key, by: principal) { tx in
            do { try tx.insertPerson(user) } catch is UniqueViolation {
                throw CloudError(.nameTaken, ["name": login, "proposal": "\(login)2"])
            }
            try tx.noteOnce("create-user", activity, of: user.id, ["login": login], by: principal, at: now)
            try tx.addEvent(NewEvent(code: "user.created", object: user.id.text, operation: nil, at: now))
            return user
        }
    }

    /// Replaces a person's SSH keys; themselves and site operators. Machines that start from now on take them, running
    /// ones with an agent soon (``KeyRing``).
    /// - Parameter seen: the versions of the person that the caller decided by; nil for any. Throws `stale-version`.
    public func setKeys(_ keys: [String], of id: ID<UserKind>, seen: SeenVersions? = nil, by principal: Principal) async throws -> User {
        _ = try await user(id, for: principal)
        try AuthorizedKeys.check(keys, at: "/keys")
        let (activity, now) = (world.ids.next(ActivityKind.self), world.clock.now())
        return try await world.store.write { tx in
            try seen?.require(in: tx, for: principal, at: now)
            let user = try tx.users.change(id) { $0.keys = keys }
            try tx.noteOnce("set-keys", activity, of: id, ["count": String(keys.count)], by: principal, at: now)
            try tx.addEvent(NewEvent(code: "user.changed", object: id.text, operation: nil, at: now))
            return user
        }
    }

    /// Keeps a token by its hash; themselves and site operators. Throws `invalid-field` for an end that is over.
    public func createToken(
        hash: String, of id: ID<UserKind>, label: String, expiresAt: Timestamp? = nil, by principal: Principal
    ) async throws -> AccessToken {
        try await createToken(hash: hash, text: nil, of: id, label: label, expiresAt: expiresAt, key: nil, by: principal).value.token
    }

    /// A token, and its text where it was given: under a key the text is kept, sealed, as long as the answer is.
    public struct CreatedToken: Codable, Sendable {
        /// The token's row.
        public let token: AccessToken
        /// Its text.
        public let text: Secret?
    }

    /// As ``createToken(hash:of:label:expiresAt:by:)``, once under a key: a repeat gives the first token's text.
    /// - Parameter seen: the versions of the person that the caller decided by; nil for any. Throws `stale-version`.
    public func createToken(
        hash: String, text: Secret?, of id: ID<UserKind>, label: String, expiresAt: Timestamp? = nil, key: RequestKey?,
        seen: SeenVersions? = nil, by principal: Principal
    ) async throws -> Answered<CreatedToken> {
        _ = try await user(id, for: principal)
        let now = world.clock.now()
        let token = AccessToken(
            id: world.ids.next(TokenKind.self), user: id, hash: hash, label: label, createdAt: now, expiresAt: expiresAt, revoked: false)
        let activity = world.ids.next(ActivityKind.self)
        // Within, so that a repeat gives its first answer even after the token's end.
        return try await once(key, by: principal) { tx in
            try seen?.require(in: tx, for: principal, at: now)
            if let expiresAt, expiresAt <= now {
                throw CloudError(.invalidField, ["pointer": "/expiresAt", "reason": "a token ends in the future"])
            }
            try tx.accessTokens.insert(token)
            try tx.noteOnce("create-token", activity, of: id, ["token": token.id.text], by: principal, at: now)
            return CreatedToken(token: token, text: text)
        }
    }

    /// The tokens of a person that were not revoked, also those whose time is over, in order of their ids; themselves and site operators.
    public func tokens(
        of id: ID<UserKind>, for principal: Principal, after: String? = nil, limit: Int = 100
    ) async throws -> Page<AccessToken> {
        try await world.store.read { view in
            _ = try view.user(id, for: principal)
            return try view.page(
                AccessToken.self, .id, [.equals(.user, .id(id)), .equals(.revoked, .integer(0))], after: after, limit: limit)
        }
    }

    /// Revokes a token of a person; themselves and site operators. It is refused from then on, and what it opened ends; it may be the one
    /// that the call itself is signed by. Gives its row; a repeat changes nothing and gives it again. Throws `not-found` for a token that
    /// is not theirs.
    /// - Parameter seen: the versions of the person that the caller decided by; nil for any. Throws `stale-version`.
    public func revokeToken(
        _ token: ID<TokenKind>, of id: ID<UserKind>, seen: SeenVersions? = nil, by principal: Principal
    ) async throws -> AccessToken {
        let (activity, now) = (world.ids.next(ActivityKind.self), world.clock.now())
        return try await world.store.write { tx in
            _ = try tx.user(id, for: principal)
            try seen?.require(in: tx, for: principal, at: now)
            guard let row = try tx.accessTokens.find(token), row.user == id else {
                throw CloudError(.notFound, ["object": token.text])
            }
            guard !row.revoked else { return row }
            let revoked = try tx.accessTokens.change(token) { $0.revoked = true }
            try tx.noteOnce("revoke-token", activity, of: id, ["token": token.text], by: principal, at: now)
            try tx.addEvent(NewEvent(code: "user.changed", object: id.text, operation: nil, at: now))
            return revoked
        }
    }
}

extension AccessToken {
    fileprivate func isOver(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }
}

extension StoreView {
    /// A person, for themselves and for site operators; for others there is none.
    func user(_ id: ID<UserKind>, for principal: Principal) throws -> User {
        guard principal.user == id || principal.holds(.operateHosts), let user = try users.find(id) else {
            throw CloudError(.notFound, ["object": id.text])
        }
        return user
    }

    func principal(of user: User) throws -> Principal {
        let groups = try memberships.all(.equals(.user, .id(user.id))).map(\.group)
        return Principal(user: user.id, groups: groups, role: user.role)
    }
}

extension StoreTransaction {
    /// Who did what to a person, where no operation does it.
    func noteOnce(
        _ code: String, _ id: ID<ActivityKind>, of user: ID<UserKind>, _ parameters: [String: String], by principal: Principal,
        at now: Timestamp
    ) throws {
        try activities.insert(
            Activity(
                id: id, object: user.text, code: code, parameters: parameters, actor: principal.user, operation: nil, startedAt: now,
                endedAt: now, outcome: nil))
    }
}
