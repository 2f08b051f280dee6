// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations
import CloudWorkflow

extension Route {
    /// Operations.
    static let operations: [Route] = [
        Route("listOperations", .get, "/v1/operations", query: Request.paging + ["state"]) { service, request in
            let (before, limit) = (try request.place().flatMap { ID<OperationKind>($0) }, try request.limit())
            let runs = try await service.cloud.operations(
                for: try request.principal(), in: try request.runState(), before: before, limit: limit)
            let activities = try await service.cloud.activities(of: runs)
            let items = runs.map { OperationBody($0, activities[$0.id], in: request.language) }
            return try request.list(items, next: runs.count == limit ? runs.last?.id.text : nil)
        },
        Route("getOperation", .get, "/v1/operations/{id}", query: ["wait"]) { service, request in
            let wait = try request.number("wait", 0...service.settings.waitLimit) ?? 0
            let view = try await service.cloud.wait(for: try request.id(), limit: .seconds(wait), by: try request.principal())
            return try .json(OperationBody(view, in: request.language))
        },
        Route("cancelOperation", .post, "/v1/operations/{id}/cancel", body: .json) { service, request in
            _ = try request.decode(EmptyRequest.self)
            let (id, principal): (ID<OperationKind>, Principal) = (try request.id(), try request.principal())
            try await service.cloud.cancel(id, by: principal)
            let view = try await service.cloud.operation(id, for: principal)
            return try .json(OperationBody(view, in: request.language), status: 202)
        },
    ]
}

extension Request {
    /// The state that is asked for; nil for any.
    fileprivate func runState() throws(CloudError) -> RunState? {
        guard let text = query["state"] else { return nil }
        guard let state = RunState(rawValue: text) else {
            let all = RunState.allCases.map(\.rawValue).joined(separator: ", ")
            throw CloudError(.invalidField, query: "state", "one of these is due here: \(all)")
        }
        return state
    }
}
