// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Templates.
    static let templates: [Route] = [
        Route("listTemplates", .get, "/v1/templates", query: Request.paging) { service, request in
            let page = try await service.cloud.templates(
                for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { TemplateBody($0.template, $0.revisions) }
        },
        Route("createTemplate", .post, "/v1/templates", verb: .createTemplate, body: .json) { service, request in
            let body = try request.decode(CreateTemplateRequest.self)
            let operation = CreateTemplate(
                by: try request.principal(), template: service.cloud.world.ids.next(TemplateKind.self),
                name: try APICoding.name(body.name), recipe: try await service.recipe(body, request), group: body.group,
                sharedWith: body.sharedWith ?? [])
            return try await service.begin(operation, request)
        },
        Route("getTemplate", .get, "/v1/templates/{id}") { service, request in
            let view = try await service.cloud.template(try request.id(), for: try request.principal())
            return try .object(TemplateBody(view.template, view.revisions), version: view.template.version)
        },
        Route("publishRevision", .post, "/v1/templates/{id}/publish-revision", verb: .publishRevision, body: .json) { service, request in
            let number = try request.decode(RevisionRequest.self).revision
            let operation = PublishRevision(by: try request.principal(), template: try request.id(), number: number)
            return try await service.begin(operation, request)
        },
        Route("retireRevision", .post, "/v1/templates/{id}/retire-revision", verb: .retireRevision, body: .json) { service, request in
            let number = try request.decode(RevisionRequest.self).revision
            let operation = RetireRevision(by: try request.principal(), template: try request.id(), number: number)
            return try await service.begin(operation, request)
        },
    ]
}

extension CloudService {
    /// The recipe of a request, with the site's own choices where the caller made none.
    fileprivate func recipe(_ body: CreateTemplateRequest, _ request: Request) async throws -> CreateTemplate.Recipe {
        let network: ID<NetworkKind>
        if let asked = body.network { network = asked } else { network = try await cloud.standardNetwork() }
        let (access, agent) = (body.access ?? .ssh, body.agent ?? .required)
        return CreateTemplate.Recipe(
            image: body.image, cpus: body.cpus, memory: body.memory, disk: body.disk, network: network,
            leasePolicy: body.leasePolicy ?? .lab, access: access, agent: agent,
            readiness: body.readiness ?? .usual(access, agent), firstBoot: body.firstBoot ?? .none)
    }
}
