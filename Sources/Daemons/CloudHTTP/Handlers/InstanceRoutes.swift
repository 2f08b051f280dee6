// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import CloudWorkflow

extension Route {
    /// Instances and their verbs.
    static let instances: [Route] = [
        Route("listInstances", .get, "/v1/instances", query: Request.paging + ["name", "tag", "trash"]) { try await $0.listInstances($1) },
        Route("createInstances", .post, "/v1/instances", verb: .create, body: .json) { try await $0.createInstances($1) },
        Route("getInstance", .get, "/v1/instances/{id}") { service, request in
            let view = try await service.cloud.instance(try request.id(), for: try request.principal())
            return try .object(InstanceBody(view, request.language, service.settings), version: view.instance.version)
        },
        Route("updateInstance", .patch, "/v1/instances/{id}", verb: .update, body: .json) { try await $0.updateInstance($1) },
        Route("listInstanceVerbs", .get, "/v1/instances/{id}/verbs") { service, request in
            let verbs = try await service.cloud.allowedVerbs(of: try request.id(), for: try request.principal())
            return try request.list(verbs.map { AllowedVerbBody($0.verb, refusal: $0.refusal.map { Problem($0, in: request.language) }) })
        },
        Route("listInstanceActivities", .get, "/v1/instances/{id}/activities", query: Request.paging) { service, request in
            let place = try request.place().flatMap { ActivityPlace($0) }
            let page = try await service.cloud.activities(
                of: try request.id(), for: try request.principal(), after: place, limit: try request.limit())
            return try request.page(page) { ActivityBody($0, in: request.language) }
        },
        Route("getInstanceScreenshot", .get, "/v1/instances/{id}/screenshot") { service, request in
            let picture = try await service.cloud.screenshot(of: try request.id(), for: try request.principal())
            return Answer(
                status: 200, fields: ["Content-Type": "image/png", "Cache-Control": "private, no-store"], bytes: picture)
        },
        Route("getInstancePassword", .get, "/v1/instances/{id}/password") { service, request in
            let found = try await service.cloud.password(of: try request.id(), for: try request.principal())
            return try .json(
                InstancePasswordBody(account: found.account, password: found.password.clear, doubtful: found.isDoubtful ? true : nil),
                fields: ["Cache-Control": "private, no-store"])
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
        Route("installKeys", .post, "/v1/instances/{id}/install-keys", verb: .installKeys, body: .json) { service, request in
            let body = try request.decode(InstallKeysRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = InstallKeys(
                by: try request.principal(), instance: instance, install: body.install ?? [], remove: body.remove ?? [])
            return try await service.begin(operation, request)
        },
        Route("setPassword", .post, "/v1/instances/{id}/set-password", verb: .setPassword, body: .json) { service, request in
            try await service.setPassword(request)
        },
        Route("pauseInstance", .post, "/v1/instances/{id}/pause", verb: .pause, body: .json) { service, request in
            try await service.act(request) { PauseInstance(by: $0, instance: $1) }
        },
        Route("rebootInstance", .post, "/v1/instances/{id}/reboot", verb: .reboot, body: .json) { service, request in
            try await service.act(request) { RebootInstance(by: $0, instance: $1) }
        },
        Route("resetInstance", .post, "/v1/instances/{id}/reset", verb: .reset, body: .json) { service, request in
            try await service.act(request) { ResetInstance(by: $0, instance: $1) }
        },
        Route("resumeInstance", .post, "/v1/instances/{id}/resume", verb: .resume, body: .json) { service, request in
            try await service.act(request) { ResumeInstance(by: $0, instance: $1) }
        },
        Route("recoverInstance", .post, "/v1/instances/{id}/recover", verb: .recover, body: .json) { service, request in
            let port = service.cloud.world.ids.next(PortKind.self)
            return try await service.act(request) { RecoverInstance(by: $0, instance: $1, port: port) }
        },
        Route("renewInstance", .post, "/v1/instances/{id}/renew", verb: .renew, body: .json) { service, request in
            let body = try request.decode(RenewInstanceRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = RenewInstances(
                by: try request.principal(), instances: [instance], policy: body.policy, keepingPolicy: body.keepPolicy ?? false,
                force: body.force ?? false)
            return try await service.begin(operation, request)
        },
        Route("renewInstances", .post, "/v1/instances/renew", body: .json) { service, request in
            let body = try request.decode(RenewInstancesRequest.self)
            let operation = RenewInstances(
                by: try request.principal(), instances: body.instances, policy: body.policy, keepingPolicy: body.keepPolicy ?? false,
                force: body.force ?? false)
            return try await service.begin(operation, request)
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
            return try await service.begin(operation, request)
        },
        Route("getForwardedPort", .get, "/v1/forwarded-ports/{id}") { service, request in
            let row = try await service.cloud.forwardedPort(try request.id(), for: try request.principal())
            return try .object(ForwardedPortBody(row, publicAddress: service.settings.publicAddress), version: row.version)
        },
        Route("closeForwardedPort", .delete, "/v1/forwarded-ports/{id}", verb: .closeForwardedPort) { service, request in
            let principal = try request.principal()
            let row = try await service.cloud.forwardedPort(try request.id(), for: principal)
            return try await service.begin(CloseForwardedPort(by: principal, instance: row.instance, forward: row.id), request)
        },
    ]
}

extension CloudService {
    fileprivate func listInstances(_ request: Request) async throws -> Answer {
        let page = try await cloud.instances(
            for: try request.principal(), name: request.query["name"].map(APICoding.composed),
            tag: request.query["tag"].map(APICoding.composed), trash: try request.truth("trash") ?? false,
            after: try request.place(), limit: try request.limit())
        return try request.page(page) { InstanceBody($0, request.language, settings) }
    }

    /// It ends with its first transaction, so the answer is the instance as it is then.
    fileprivate func updateInstance(_ request: Request) async throws -> Answer {
        let (id, principal): (ID<InstanceKind>, Principal) = (try request.id(), try request.principal())
        let body = try request.decode(UpdateInstanceRequest.self)
        guard request.fields["If-Match"] != nil else { throw CloudError(.preconditionRequired, ["object": id.text]) }
        let change = UpdateInstance.Change(
            name: try body.name.map { try APICoding.name($0) },
            description: try body.description.map { try Description(APICoding.composed($0)) },
            tags: try body.tags?.enumerated().map { try Tag(APICoding.composed($1), pointer: "/tags/\($0)") })
        _ = try await cloud.submit(
            UpdateInstance(by: principal, instance: id, change: change), key: key(of: request), seen: request.seen())
        let view = try await cloud.instance(id, for: principal)
        return try .object(InstanceBody(view, request.language, settings), version: view.instance.version)
    }

    fileprivate func createInstances(_ request: Request) async throws -> Answer {
        let body = try request.decode(CreateInstancesRequest.self)
        let operation = try cloud.request(
            template: body.template, revision: body.revision, name: body.name.map(APICoding.composed),
            hostname: try body.hostname.map { try DNSLabel($0) },
            count: body.count ?? 1, group: body.group, start: body.start ?? false, by: try request.principal())
        return try await begin(operation, request)
    }
}

extension CloudService {
    /// A password that the caller chose is in no hash either: whoever reads the records could guess it from one.
    fileprivate func setPassword(_ request: Request) async throws -> Answer {
        let body = try request.decode(SetPasswordRequest.self)
        if let password = body.password { try SetPassword.check(password) }
        let instance: ID<InstanceKind> = try request.id()
        let operation = SetPassword(
            by: try request.principal(), instance: instance, password: body.password.map { Secret($0) } ?? cloud.world.passwords.next())
        var secretless = request
        secretless.body = []
        return try await begin(operation, secretless)
    }
}

extension Request {
    /// `true` or `false` out of the query; nil where it is not given.
    func truth(_ name: String) throws(CloudError) -> Bool? {
        guard let text = query[name] else { return nil }
        guard let truth = Bool(text) else {
            throw CloudError(.invalidField, query: name, "a truth value is due here")
        }
        return truth
    }
}
