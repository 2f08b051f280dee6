// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Instances and their verbs.
    static let instances: [Route] = [
        Route("listInstances", .get, "/v1/instances", query: Request.paging + ["name", "trash"]) { try await $0.listInstances($1) },
        Route("createInstances", .post, "/v1/instances", verb: .create, body: .json) { try await $0.createInstances($1) },
        Route("getInstance", .get, "/v1/instances/{id}") { service, request in
            let view = try await service.cloud.instance(try request.id(), for: try request.principal())
            return try .object(InstanceBody(view, request.language, service.settings), version: view.instance.version)
        },
        Route("listInstanceActivities", .get, "/v1/instances/{id}/activities", query: ["limit"]) { service, request in
            let principal = try request.principal()
            let found = try await service.cloud.activities(of: try request.id(), for: principal, limit: try request.limit())
            return try request.list(found.map { ActivityBody($0, in: request.language) })
        },
        Route("startInstance", .post, "/v1/instances/{id}/start", verb: .start, body: .json) { service, request in
            try await service.act(request) { StartInstance(by: $0, instance: $1) }
        },
        Route("suspendInstance", .post, "/v1/instances/{id}/suspend", verb: .suspend, body: .json) { service, request in
            try await service.act(request) { SuspendInstance(by: $0, instance: $1) }
        },
        Route("wakeInstance", .post, "/v1/instances/{id}/wake", verb: .wake, body: .json) { service, request in
            try await service.act(request) { WakeInstance(by: $0, instance: $1) }
        },
        Route("shutDownInstance", .post, "/v1/instances/{id}/shut-down", verb: .shutDown, body: .json) { service, request in
            try await service.act(request) { ShutDownInstance(by: $0, instance: $1) }
        },
        Route("forceOffInstance", .post, "/v1/instances/{id}/force-off", verb: .forceOff, body: .json) { service, request in
            try await service.act(request) { ForceOffInstance(by: $0, instance: $1) }
        },
        Route("destroyInstance", .post, "/v1/instances/{id}/destroy", verb: .destroy, body: .json) { service, request in
            try await service.act(request) { DestroyInstance(by: $0, instance: $1) }
        },
        Route("listForwardedPorts", .get, "/v1/instances/{id}/forwarded-ports", query: Request.paging) { service, request in
            let page = try await service.cloud.forwardedPorts(
                of: try request.id(), for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { ForwardedPortBody($0, publicAddress: service.settings.publicAddress) }
        },
        Route("openForwardedPort", .post, "/v1/instances/{id}/forwarded-ports", verb: .openForwardedPort, body: .json) { service, request in
            let body = try request.decode(OpenForwardedPortRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = OpenForwardedPort(
                by: try request.principal(), instance: instance,
                id: service.cloud.world.ids.next(ForwardedPortKind.self), transport: body.transport ?? .tcp, targetPort: body.targetPort,
                publicPort: body.publicPort)
            return try await service.begin(operation, request, seen: service.seen(instance, by: request))
        },
    ]
}

extension CloudService {
    fileprivate func listInstances(_ request: Request) async throws -> Answer {
        let page = try await cloud.instances(
            for: try request.principal(), name: request.query["name"].map(APICoding.composed), trash: try request.truth("trash") ?? false,
            after: try request.place(), limit: try request.limit())
        return try request.page(page) { InstanceBody($0, request.language, settings) }
    }

    fileprivate func createInstances(_ request: Request) async throws -> Answer {
        let body = try request.decode(CreateInstancesRequest.self)
        let operation = try cloud.request(
            template: body.template, name: body.name.map(APICoding.composed), hostname: try body.hostname.map { try DNSLabel($0) },
            count: body.count ?? 1, group: body.group, start: body.start ?? false, by: try request.principal())
        return try await begin(operation, request)
    }
}

extension Request {
    /// `true` or `false` out of the query; nil where it is not given.
    func truth(_ name: String) throws(CloudError) -> Bool? {
        guard let text = query[name] else { return nil }
        guard let truth = Bool(text) else {
            throw CloudError(.invalidField, ["pointer": "/\(name)", "reason": "a truth value is due here"])
        }
        return truth
    }
}
