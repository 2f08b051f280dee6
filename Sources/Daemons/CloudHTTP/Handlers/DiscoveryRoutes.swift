// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import Foundation

extension Route {
    /// What is open to all: what this is, what it says, whether it lives.
    static let discovery: [Route] = [
        Route("discover", .get, "/v1", access: .open) { try await $0.discover($1) },
        Route("getOpenAPI", .get, "/v1/openapi.yaml", access: .open) { _, _ in
            Answer(status: 200, fields: ["Content-Type": "application/yaml", "Cache-Control": "max-age=300"], bytes: OpenAPI.bytes)
        },
        Route("listErrors", .get, "/v1/errors", access: .open) { _, request in
            try request.list(ErrorCode.allCases.map { ErrorPage($0, in: request.language) })
        },
        Route("getError", .get, "/v1/errors/{code}", access: .open) { _, request in
            guard let code = ErrorCode(rawValue: request.parameters["code"] ?? "") else {
                throw CloudError(.notFound, ["object": request.parameters["code"] ?? ""])
            }
            let page = ErrorPage(code, in: request.language)
            guard MediaRanges(request.fields["Accept"]).prefer("text/html", over: "application/json") else {
                return try .json(page, fields: ["Vary": "Accept"])
            }
            return Answer(
                status: 200,
                fields: [
                    "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'", "Vary": "Accept",
                ], bytes: Array(page.html(in: request.language).utf8))
        },
        Route("getHealth", .get, "/healthz", access: .open) { _, _ in try .json(HealthBody(status: "ok")) },
        Route("getMetrics", .get, "/metrics", access: .open) { try await $0.metrics($1) },
        Route("getReadiness", .get, "/readyz", access: .open) { service, _ in
            try await service.cloud.checkStore()
            return try .json(HealthBody(status: "ok"))
        },
    ]
}

extension CloudService {
    fileprivate func discover(_ request: Request) async throws -> Answer {
        var body = DiscoveryBody(
            version: settings.version, features: ["events", "idempotency-key", "operations", "uploads"], signIn: settings.signIn,
            links: Dictionary(
                RouteTable.all.filter { $0.method == .get && !$0.path.contains("{") }.map { ($0.operation, $0.path) },
                uniquingKeysWith: { first, _ in first }))
        if let caller = request.caller { body.user = UserBody(try await cloud.user(caller.user, for: caller)) }
        return try .json(body)
    }
}

/// The description of the API. It is in the program itself: one that is copied elsewhere has it with it.
public enum OpenAPI {
    /// `openapi.yaml`.
    public static var bytes: [UInt8] { PackageResources.openapi_yaml }
}
