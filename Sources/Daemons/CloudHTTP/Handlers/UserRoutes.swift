// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import CloudWorkflow

extension Route {
    /// People, their tokens and keys.
    static let users: [Route] = [
        Route("listUsers", .get, "/v1/users", query: Request.paging) { service, request in
            let page = try await service.cloud.users(for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { UserBody($0) }
        },
        Route("createUser", .post, "/v1/users", body: .json) { service, request in
            let body = try request.decode(CreateUserRequest.self)
            let answered = try await service.cloud.createUser(
                login: body.login, name: try body.name.map { try APICoding.name($0) }, role: body.role ?? .endUser,
                key: service.key(of: request), by: try request.principal())
            let user = answered.value
            var answer = try Answer.object(UserBody(user), version: user.version)
            answer.fields["Location"] = "/v1/users/\(user.id)"
            return service.made(answer, repeated: answered.repeated)
        },
        Route("getUser", .get, "/v1/users/{id}") { service, request in
            let user = try await service.cloud.user(try request.id(), for: try request.principal())
            return try .object(UserBody(user), version: user.version)
        },
        Route("createToken", .post, "/v1/users/{id}/tokens", body: .json) { service, request in
            let body = try request.decode(CreateTokenRequest.self)
            let text = BearerToken.text(of: service.chance(BearerToken.length))
            let answered = try await service.cloud.createToken(
                hash: BearerToken.hash(of: text), text: Secret(text), of: try request.id(),
                label: try APICoding.name(body.label, pointer: "/label").text, expiresAt: body.expiresAt?.moment,
                key: service.key(of: request), seen: request.seen(), by: try request.principal())
            let made = answered.value
            return service.made(try .json(TokenBody(made.token, token: made.text?.clear ?? text)), repeated: answered.repeated)
        },
        Route("listTokens", .get, "/v1/users/{id}/tokens", query: Request.paging) { service, request in
            let page = try await service.cloud.tokens(
                of: try request.id(), for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { AccessTokenBody($0) }
        },
        Route("revokeToken", .delete, "/v1/users/{id}/tokens/{tokenId}") { service, request in
            let revoked = try await service.cloud.revokeToken(
                try request.id("tokenId"), of: try request.id(), seen: request.seen(), by: try request.principal())
            return try .json(AccessTokenBody(revoked))
        },
        Route("setKeys", .put, "/v1/users/{id}/keys", body: .json) { service, request in
            let (body, principal) = (try request.decode(SetKeysRequest.self), try request.principal())
            let id: ID<UserKind> = try request.id()
            let changed = try await service.cloud.setKeys(body.keys, of: id, seen: request.seen(), by: principal)
            return try .object(UserBody(changed), version: changed.version)
        },
    ]
}
