// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Networks, hosts, groups, and the audit of it all.
    static let site: [Route] = [
        Route("listNetworks", .get, "/v1/networks", query: Request.paging) { service, request in
            let page = try await service.cloud.list(
                Network.self, for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { NetworkBody($0) }
        },
        Route("getNetwork", .get, "/v1/networks/{id}") { service, request in
            let id: ID<NetworkKind> = try request.id()
            let network = try await service.cloud.find(Network.self, id.text, for: try request.principal())
            return try .object(NetworkBody(network), version: network.version)
        },
        Route("listLeasePolicies", .get, "/v1/lease-policies", query: Request.paging) { service, request in
            let page = try await service.cloud.list(
                LeasePolicy.self, for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { LeasePolicyBody($0) }
        },
        Route("getLeasePolicy", .get, "/v1/lease-policies/{id}") { service, request in
            let id: ID<LeasePolicyKind> = try request.id()
            let policy = try await service.cloud.find(LeasePolicy.self, id.text, for: try request.principal())
            return try .object(LeasePolicyBody(policy), version: policy.version)
        },
        Route("listHosts", .get, "/v1/hosts", query: Request.paging) { service, request in
            let page = try await service.cloud.hosts(for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { HostBody($0) }
        },
        Route("getHost", .get, "/v1/hosts/{id}") { service, request in
            let id: ID<HostKind> = try request.id()
            let view = try await service.cloud.host(id, for: try request.principal())
            return try .object(HostBody(view), version: view.host.version)
        },
        Route("listHostFindings", .get, "/v1/hosts/{id}/findings") { service, request in
            let findings = try await service.cloud.findings(of: try request.id(), for: try request.principal())
            return try request.list(findings.map { FindingBody($0, in: request.language) })
        },
        Route("listActivities", .get, "/v1/activities", query: Request.paging + ["object"]) { service, request in
            guard let object = request.query["object"] else { throw CloudError(.invalidField, query: "object", "a string is due here") }
            let place = try request.place().flatMap { ActivityPlace($0) }
            let page = try await service.cloud.activities(
                ofObject: object, for: try request.principal(), after: place, limit: try request.limit())
            return try request.page(page) { ActivityBody($0, in: request.language) }
        },
        Route("getBackup", .get, "/v1/admin/backup") { try await $0.backup($1) },
        Route("getAudit", .get, "/v1/audit") { service, request in
            try .json(try await Audit(cloud: service.cloud).report(for: try request.principal()))
        },
        Route("listGroups", .get, "/v1/groups", query: Request.paging) { service, request in
            let page = try await service.cloud.groups(for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { GroupBody($0) }
        },
    ]
}
