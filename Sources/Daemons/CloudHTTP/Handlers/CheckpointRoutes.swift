// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Checkpoints of instances.
    static let checkpoints: [Route] = [
        Route("listCheckpoints", .get, "/v1/instances/{id}/checkpoints", query: Request.paging) { service, request in
            let page = try await service.cloud.checkpoints(
                of: try request.id(), for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { CheckpointBody($0.checkpoint, layer: $0.layer) }
        },
        Route("createCheckpoint", .post, "/v1/instances/{id}/checkpoints", verb: .checkpoint, body: .json) { service, request in
            let body = try request.decode(CheckpointRequest.self)
            let (instance, ids): (ID<InstanceKind>, _) = (try request.id(), service.cloud.world.ids)
            let operation = CheckpointInstance(
                by: try request.principal(), instance: instance, checkpoint: ids.next(CheckpointKind.self), disk: ids.next(DiskKind.self),
                name: try APICoding.name(body.name), withMemory: body.memory ?? false)
            return try await service.begin(operation, request)
        },
        Route("getCheckpoint", .get, "/v1/instances/{id}/checkpoints/{checkpoint}") { service, request in
            let view = try await service.cloud.checkpoint(
                try request.id("checkpoint"), of: try request.id(), for: try request.principal())
            return try .object(CheckpointBody(view.checkpoint, layer: view.layer), version: view.checkpoint.version)
        },
        Route("dropCheckpoint", .delete, "/v1/instances/{id}/checkpoints/{checkpoint}", verb: .dropCheckpoint) { service, request in
            let operation = DropCheckpoint(
                by: try request.principal(), instance: try request.id(), checkpoint: try request.id("checkpoint"))
            return try await service.begin(operation, request)
        },
        Route(
            "returnToCheckpoint", .post, "/v1/instances/{id}/checkpoints/{checkpoint}/return", verb: .returnToCheckpoint, body: .json
        ) { service, request in
            let checkpoint: ID<CheckpointKind> = try request.id("checkpoint")
            let disk = service.cloud.world.ids.next(DiskKind.self)
            return try await service.act(request) { ReturnToCheckpoint(by: $0, instance: $1, checkpoint: checkpoint, disk: disk) }
        },
    ]
}
