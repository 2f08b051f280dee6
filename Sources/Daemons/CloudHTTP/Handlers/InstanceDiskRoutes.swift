// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Verbs that change what an instance is made of: its disks, its size, and what is made of them.
    static let instanceDisks: [Route] = [
        Route("listDisks", .get, "/v1/disks", query: Request.paging) { service, request in
            let page = try await service.cloud.disks(
                for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { DiskBody($0) }
        },
        Route("getDisk", .get, "/v1/disks/{id}") { service, request in
            let disk = try await service.cloud.disk(try request.id(), for: try request.principal())
            return try .object(DiskBody(disk), version: disk.version)
        },
        Route("deleteDisk", .post, "/v1/disks/{id}/delete", verb: .deleteDisk, body: .json) { service, request in
            _ = try request.decode(EmptyRequest.self)
            return try await service.begin(DeleteDisk(by: try request.principal(), disk: try request.id()), request)
        },
        Route("attachDisk", .post, "/v1/instances/{id}/attach-disk", verb: .attachDisk, body: .json) { service, request in
            let body = try request.decode(AttachDiskRequest.self)
            guard (body.size == nil) != (body.disk == nil) else {
                throw CloudError(.invalidField, ["pointer": "/size", "reason": "either a size or a disk is due here"])
            }
            let instance: ID<InstanceKind> = try request.id()
            let operation = AttachDisk(
                by: try request.principal(), instance: instance, disk: body.disk ?? service.cloud.world.ids.next(DiskKind.self),
                size: body.size)
            return try await service.begin(operation, request)
        },
        Route("detachDisk", .post, "/v1/instances/{id}/detach-disk", verb: .detachDisk, body: .json) { service, request in
            let body = try request.decode(DetachDiskRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = DetachDisk(by: try request.principal(), instance: instance, disk: body.disk)
            return try await service.begin(operation, request)
        },
        Route("growDisk", .post, "/v1/instances/{id}/grow-disk", verb: .growDisk, body: .json) { service, request in
            let body = try request.decode(GrowDiskRequest.self)
            let instance: ID<InstanceKind> = try request.id()
            let operation = GrowDisk(by: try request.principal(), instance: instance, disk: body.disk, size: body.size)
            return try await service.begin(operation, request)
        },
        Route("rebuildInstance", .post, "/v1/instances/{id}/rebuild", verb: .rebuild, body: .json) { service, request in
            let disk = service.cloud.world.ids.next(DiskKind.self)
            return try await service.act(request) { RebuildInstance(by: $0, instance: $1, disk: disk) }
        },
        Route("resizeInstance", .post, "/v1/instances/{id}/resize", verb: .resize, body: .json) { service, request in
            let body = try request.decode(ResizeInstanceRequest.self)
            guard body.cpus != nil || body.memory != nil else {
                let reason = "another number of processors, another size of memory, or both are due here"
                throw CloudError(.invalidField, ["pointer": "/cpus", "reason": reason])
            }
            let instance: ID<InstanceKind> = try request.id()
            let operation = ResizeInstance(
                by: try request.principal(), instance: instance, cpus: body.cpus, memory: body.memory,
                restart: body.restart == true ? service.cloud.world.ids.next(OperationKind.self) : nil)
            return try await service.begin(operation, request)
        },
        Route("saveAsTemplate", .post, "/v1/instances/{id}/save-as-template", verb: .saveAsTemplate, body: .json) { service, request in
            let body = try request.decode(SaveAsTemplateRequest.self)
            guard (body.name == nil) != (body.template == nil) else {
                throw CloudError(.invalidField, ["pointer": "/name", "reason": "either a name or a template is due here"])
            }
            let instance: ID<InstanceKind> = try request.id()
            let ids = service.cloud.world.ids
            let operation = SaveAsTemplate(
                by: try request.principal(), instance: instance, template: body.template ?? ids.next(TemplateKind.self),
                name: try body.name.map { try APICoding.name($0) }, image: ids.next(ImageKind.self))
            return try await service.begin(operation, request)
        },
    ]
}
