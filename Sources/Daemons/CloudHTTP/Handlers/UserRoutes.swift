// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// People, their tokens and keys.
    static let users: [Route] = [
        Route("listUsers", .get, "/v1/users") { service, request in
            try request.list(try await service.cloud.users(for: try request.principal()).map(UserBody.init))
        },
        Route("createUser", .post, "/v1/users", body: .json) { service, request in
            let body = try request.decode(CreateUserRequest.self)
            let user = try await service.cloud.createUser(
                login: body.login, name: try APICoding.name(body.name ?? body.login), role: body.role ?? .endUser,
                by: try request.principal())
            var answer = try Answer.object(UserBody(user), version: user.version, status: 201)
            answer.fields["Location"] = "/v1/users/\(user.id)"
            return answer
        },
        Route("getUser", .get, "/v1/users/{id}") { service, request in
            let user = try await service.cloud.user(try request.id(), for: try request.principal())
            return try .object(UserBody(user), version: user.version)
        },
        Route("createToken", .post, "/v1/users/{id}/tokens", body: .json) { service, request in
            let body = try request.decode(CreateTokenRequest.self)
            let text = BearerToken.text(of: service.chance(BearerToken.length))
            let token = try await service.cloud.createToken(
                hash: BearerToken.hash(of: text), of: try request.id(), label: try APICoding.name(body.label, pointer: "/label").text,
                by: try request.principal())
            return try .json(TokenBody(token, token: text), status: 201)
        },
        Route("setKeys", .put, "/v1/users/{id}/keys", body: .json) { service, request in
            let (body, principal) = (try request.decode(SetKeysRequest.self), try request.principal())
            let id: ID<UserKind> = try request.id()
            let user = try await service.cloud.user(id, for: principal)
            try ETag.check(request.fields["If-Match"], version: user.version, of: id.text)
            let changed = try await service.cloud.setKeys(body.keys, of: id, by: principal)
            return try .object(UserBody(changed), version: changed.version)
        },
    ]
}
